"""Where a real cloud has disks."""

from cinder.tests.fake_driver import FakeLoggingVolumeDriver


class Driver(FakeLoggingVolumeDriver):
    """Cinder's own, whose volumes can grow too."""

    def extend_volume(self, volume, new_size):
        pass
