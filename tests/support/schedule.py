"""Which tests run in one process, one after the other: those that share what takes long to set up."""

from xdist.scheduler import LoadScopeScheduling

TOGETHER = {
    "one hub": (
        "tests/live/test_stack",
        "tests/live/test_notebook",
        "tests/live/test_first_page",
        "tests/live/test_expected",
        "tests/live/test_removal",
        "tests/live/test_rotate",
        "tests/live/test_rights",
    ),
    # A stack of the same file, and a process, of their own: all of both in one would end long after all others.
    "one hub that is broken": (
        "tests/live/test_survival",
        "tests/live/test_every_key",
        "tests/live/test_extensions",
        "tests/live/test_lost_database",
    ),
    "docker plugin": ("tests/conformance/docker",),
    "lab": ("tests/lab/test_host", "tests/lab/test_mounts"),
    "cloud": ("tests/lab/test_cloud", "tests/conformance/openstack"),
}


def group(nodeid: str) -> str:
    module = nodeid.split("::")[0]
    return next((name for name, paths in TOGETHER.items() if module.startswith(paths)), module)


class ByStack(LoadScopeScheduling):
    """A module's tests are together, and those of some modules."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)
