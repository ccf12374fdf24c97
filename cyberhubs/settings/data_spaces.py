"""`data` of a hub: folders of the host that members see."""

from pathlib import PurePosixPath
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from cyberhubs.settings.base import MachinePath, Model, Text, own_folder
from cyberhubs.settings.mounts import MOUNTS
from cyberhubs.settings.owner import LARGEST_ID

# Where a data space would hide what the container needs.
CONTAINER_FOLDERS = ("home", "opt", "root", "tmp", "var")


def _source(path: PurePosixPath) -> PurePosixPath:
    own_folder(path)
    if path.is_relative_to(MOUNTS):
        raise ValueError(f"'{path}' is where cyberhubs:mounts are — name one of them by mount")
    return path


def _target(path: PurePosixPath) -> PurePosixPath:
    own_folder(path)
    for folder in CONTAINER_FOLDERS:
        if path.is_relative_to(f"/{folder}"):
            raise ValueError(f"'{path}' would hide files of the container — use one such as /data")
    return path


class SpaceOwner(Model):
    """Whose a data space is on the host."""

    uid: int | None = Field(default=None, ge=1, le=LARGEST_ID)
    """User id of who fills a read-only one, if Cyberhubs makes it. Left out: that of `cyberhubs:user`."""
    gid: int | None = Field(default=None, ge=1, le=LARGEST_ID)
    """Id of its group on the host, whose rights members' servers have then. Left out: that of `cyberhubs:user`."""


class DataSpace(Model):
    """A folder of the host that members see in their servers."""

    one_of: ClassVar = ("source", "mount")

    name: Text | None = None
    """A label for those who read this file; Cyberhubs does not use it."""
    source: Annotated[MachinePath, AfterValidator(_source)] | None = None
    """Folder on the host. One on the disk of the data is made if it is not there, any other has to be there."""
    mount: Text | None = None
    """In its place, one of `cyberhubs:mounts`, by name. Servers start without it while it does not answer."""
    target: Annotated[MachinePath, AfterValidator(_target)]
    """Path under which members see it."""
    access: Literal["read-only", "read-write", "private"] = "read-only"
    """What members may do. read-only: read all of it. read-write: read and change all of it, also what others have put
    there. private: each has a folder of their own in it, and sees nothing else."""
    owner: SpaceOwner = SpaceOwner()
    """Whose it is on the host."""
    mounted: bool | None = None
    """true: a share or a disk is mounted at the source, and no server starts while it is not, so that nobody writes
    into the empty folder below. Left out: as true, if something was mounted there when `up` first saw the source, or by /etc/fstab. false:
    whatever is there is meant."""

    @model_validator(mode="after")
    def _private_ones_are_their_members(self) -> Self:
        if self.access == "private" and self.owner != SpaceOwner():
            raise ValueError("has an owner, and what is private is its member's — leave owner out")
        return self

    @model_validator(mode="after")
    def _mounts_are_known(self) -> Self:
        for key, said in (
            ("owner", self.owner != SpaceOwner()),
            ("mounted", self.mounted is not None),
        ):
            if self.mount and said:
                raise ValueError(f"has {key}, which a mount has no use for — leave it out")
        return self

    @property
    def path(self) -> PurePosixPath:
        """The folder on the host."""
        return self.source or MOUNTS / (self.mount or "")
