"""Data spaces: folders of the host, as members' containers see them."""

from collections.abc import Iterable

from docker.types import Mount
from docker.utils import version_lt

from cyberhubs_hub.failures import StartFailure
from cyberhubs_hub.shared import config

READ_ONLY_BELOW = (
    "1.44"  # of Docker's API: from then on, "read-only" is said of what is mounted below, too
)


def binds(spaces: Iterable[config.Mount], api: str) -> list[Mount]:
    """`api`: version of the engine's API. With an engine to which file systems mounted below a read-only space would
    be writable, members see none of them."""
    mounts = []
    for space in spaces:
        mount = Mount(space.target, space.source, type="bind", read_only=space.read_only)
        if space.read_only and version_lt(api, READ_ONLY_BELOW):
            mount["BindOptions"] = {"NonRecursive": True}
        mounts.append(mount)
    return mounts


def check_mounted(spaces: Iterable[config.Mount], mountinfo: str) -> None:
    """Raises StartFailure for a share that is not mounted on the host.

    `mountinfo`: /proc/self/mountinfo of a container that has the spaces. A folder of the host's own file system has
    its path in the fourth field, what is mounted has "/", or the name of a subvolume.
    """
    roots = {fields[4]: fields[3] for line in mountinfo.splitlines() if (fields := line.split(" "))}
    for space in spaces:
        root = roots.get(space.target, "")
        if space.mounted and root != "/" and space.source.endswith(root):
            raise StartFailure(
                "share",
                f"The data for {space.target} is not mounted on the hub's machine. Your files are safe. Ask the "
                "hub's operator, then try again.",
                f"{space.source} is no mount point now, and data has mounted: true",
            )
