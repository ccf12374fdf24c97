"""`data` of a hub: folders of the host that members see."""

from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator

from cyberhubs.settings.base import MachinePath, Model, Text, own_folder

# Where a data space would hide what the container needs.
CONTAINER_FOLDERS = ("home", "opt", "root", "tmp", "var")


def _target(path: PurePosixPath) -> PurePosixPath:
    own_folder(path)
    for folder in CONTAINER_FOLDERS:
        if path.is_relative_to(f"/{folder}"):
            raise ValueError(f"'{path}' would hide files of the container — use one such as /data")
    return path


class DataSpace(Model):
    """A folder of the host that members see in their servers."""

    name: Text | None = None
    """A label for those who read this file; Cyberhubs does not use it."""
    source: Annotated[MachinePath, AfterValidator(own_folder)]
    """Folder on the host."""
    target: Annotated[MachinePath, AfterValidator(_target)]
    """Path under which members see it."""
    access: Literal["read-only", "read-write"] = "read-only"
    """Whether members may only read it, or change it too."""
    mounted: bool = False
    """true: the source is where a share or a disk is mounted, and no server starts while it is not, so that nobody
    writes into the empty folder below."""
