"""`cyberhubs:mounts`: files of other machines, mounted on the host for data spaces."""

import re
from pathlib import PurePosixPath
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from cyberhubs.settings.base import MachinePath, Model, Secret, Text, read_text
from cyberhubs.settings.host import machine_name, public_key

MOUNTS = PurePosixPath("/srv/cyberhubs/mounts")
"""Where they are on the host, each in a folder of its name."""


def _user(value: str) -> str:
    if not re.fullmatch(r"\w[\w.@+-]*", value):
        raise ValueError(f"{value!r} is not a user's name — write one such as hub")
    return value


def _option(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", value):
        raise ValueError(
            f"{value!r} is not an option of rclone's — write it as in its configuration, such as access_key_id"
        )
    return value


def _backend(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+", value):
        raise ValueError(f"{value!r} is not a type of rclone's — write one such as s3")
    return value


Option = Annotated[str, BeforeValidator(read_text), AfterValidator(_option)]


class Sshfs(Model):
    """A folder of a machine that has ssh."""

    host: Annotated[Text, AfterValidator(machine_name)]
    """Name or address of the machine."""
    port: int = Field(default=22, ge=1, le=65535)
    """Port of its ssh server."""
    user: Annotated[Text, AfterValidator(_user)]
    """User there, whose the files are."""
    path: MachinePath
    """The folder there."""
    host_key: Annotated[Text, AfterValidator(public_key)]
    """Public host key of the machine, as in its /etc/ssh/ssh_host_ed25519_key.pub; one that shows another is refused."""
    private_key: Secret
    """Private key that lets this user in, without a passphrase."""


class Rclone(Model):
    """What one of rclone's backends reaches: S3, Swift, WebDAV and some seventy others."""

    type: Annotated[Text, AfterValidator(_backend)]
    """The backend, as in rclone's configuration."""
    path: Text = ""
    """Bucket, or folder, in it. Left out: all of it."""
    options: dict[Option, Text] = Field(
        default={}, examples=["{provider: Ceph, endpoint: https://s3.example.org}"]
    )
    """Options of the backend, as in rclone's configuration."""
    secrets: dict[Option, Secret] = Field(default={}, examples=["{secret_access_key: …}"])
    """Those that are secret, as they are: what rclone wants obscured, such as pass, is obscured on the machine."""

    @model_validator(mode="after")
    def _a_line_each(self) -> Self:
        for key, secret in self.secrets.items():
            if "\n" in secret.get_secret_value().strip():
                raise ValueError(
                    f"secrets.{key} has a line break, which rclone's configuration cannot hold — write one line"
                )
        return self


class Nfs(Model):
    """A folder of an NFS server, whose own user ids count. The host's kernel must have NFS."""

    server: Annotated[Text, AfterValidator(machine_name)]
    """Name or address of the server."""
    path: MachinePath
    """The folder there."""


class Mount(Model):
    """Files of another machine. They are mounted while the host runs, and come back when the far side does."""

    one_of: ClassVar = ("sshfs", "rclone", "nfs")

    sshfs: Sshfs | None = None
    """A folder of a machine that has ssh."""
    rclone: Rclone | None = None
    """What one of rclone's backends reaches."""
    nfs: Nfs | None = None
    """A folder of an NFS server."""
    read_only: bool = False
    """Whether nobody on the host may change anything in it."""

    @property
    def kind(self) -> str:
        return next(kind for kind in self.one_of if getattr(self, kind))
