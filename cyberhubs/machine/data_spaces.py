"""What data-spaces.sh is told of a hub's data spaces."""

from cyberhubs.layout import DataLayout
from cyberhubs.settings import Hub
from cyberhubs.settings.owner import Owner

WRONG_SPACE = "Data space "  # begins a line that says why members cannot have one
_MOUNTED = {True: "mounted", False: "plain", None: "found"}


def data_spaces(data: DataLayout, user: Owner, hub: Hub) -> tuple[str | int, ...]:
    """Its arguments; one for each space that is a folder of the host's own."""
    own = data.hub(hub.name)
    spaces = (
        f"{space.access} {_MOUNTED[space.mounted]} {space.owner.uid or user.uid}:"
        f"{space.owner.gid or user.gid} {space.source}"
        for space in hub.folders
    )
    return own.spaces, user.uid, user.gid, data.root, *spaces
