"""Where a real cloud has disks."""

from cinder.tests.fake_driver import FakeLoggingVolumeDriver


class Driver(FakeLoggingVolumeDriver):
    """Cinder's own, whose volumes can grow too, and be made of an image."""

    def extend_volume(self, volume, new_size):
        pass

    def clone_image(self, context, volume, image_location, image_meta, image_service):
        return {}, True
