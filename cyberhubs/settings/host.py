"""`cyberhubs:host`: the machine that carries the hubs."""

import base64
import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from cyberhubs import layout
from cyberhubs.paths import CHECKOUT
from cyberhubs.settings.base import Address, HerePath, Model, Text, own_folder

MOUNT = "/mnt"
"""Where a machine of kind ssh or openstack has its data disk."""
OF_THE_STACK = (layout.DOOR, layout.ETC, layout.HUBS, layout.HOMES, "lost+found", "tmp", "var")
"""Folders in MOUNT that no data space may show."""
VOLUME = "/var/lib/cyberhubs/volume"
"""Link to the disk that is a machine's volume, on one of kind openstack."""


def _network(value: str) -> str:
    try:
        return str(ip_network(value))
    except ValueError as error:
        raise ValueError(f"{error} — write a network such as 192.0.2.0/24") from None


def _uuid(value: str) -> str:
    try:
        return str(UUID(value))
    except ValueError:
        raise ValueError(f"{value!r} is not an id — copy the 36 characters of its UUID") from None


def _public_key(value: str) -> str:
    """Its type and base64 text, without the comment that may follow."""
    kind, _, rest = value.partition(" ")
    text = rest.strip().partition(" ")[0]
    try:
        known = kind.startswith(("ssh-ed25519", "ssh-rsa", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"))
        if not known or kind.encode() not in base64.b64decode(text, validate=True)[:64]:
            raise ValueError
    except ValueError:
        raise ValueError("is not an SSH public key — paste the line of the .pub file") from None
    return f"{kind} {text}"


def _device(value: str) -> str:
    if not re.fullmatch(r"/dev/(disk/by-[a-z]+|mapper)/[\w.:+=@-]+", value, re.ASCII):
        raise ValueError(
            f"{value!r} is not a disk's name that stays, as /dev/sdb may be another disk after the "
            "next start — take one from `ls -l /dev/disk/by-id`"
        )
    return value


def _machine_name(value: str) -> str:
    if not re.fullmatch(r"[\w.:-]+", value, re.ASCII) or value.startswith("-"):
        raise ValueError(f"{value!r} is not a machine's name or address — write it as 206.12.1.2")
    return value


def _user_name(value: str) -> str:
    if not re.fullmatch(r"[a-z_][a-z0-9_-]*", value, re.ASCII):
        raise ValueError(f"{value!r} is not a user's name on Linux — write one such as debian")
    return value


def _data_folder(path: Path) -> Path:
    if path == Path.home():
        raise ValueError(f"'{path}' is your home — choose a folder in it, such as ~/cyberhubs-data")
    own_folder(path)
    if path.is_relative_to(CHECKOUT) or CHECKOUT.is_relative_to(path):
        raise ValueError(f"'{path}' is where this program is — choose a folder apart from it")
    return path


Network = Annotated[Text, AfterValidator(_network)]
Id = Annotated[Text, AfterValidator(_uuid)]


class Image(Model):
    """The operating system's image, by id (a rename changes nothing) or by name."""

    one_of: ClassVar = ("id", "name")

    id: Id | None = None
    """Id of the image."""
    name: Text | None = None
    """Name of the image; refused if two have it."""
    boot_volume_gb: int | None = Field(default=None, ge=5)
    """Size of a volume to boot from, in GB, for a flavor without a disk; it goes with the machine.
    Left out: the machine boots from the flavor's own disk."""


class HostNetwork(Model):
    """The network the machine is in: an existing one or one of its own."""

    one_of: ClassVar = ("name", "create")

    name: Text | None = None
    """Name or id of an existing network."""
    create: Literal[True] | None = None
    """Make a network and a router to `externalNetwork`."""
    external_network: Text | None = None
    """With `create`: name or id of the cloud's external network."""

    @model_validator(mode="after")
    def _only_a_new_one_leads_out(self) -> Self:
        if self.create and not self.external_network:
            raise ValueError("creates a network that leads nowhere — add externalNetwork: Public")
        if self.name and self.external_network:
            raise ValueError("has externalNetwork, which an existing network has no use for")
        return self


class FloatingIp(Model):
    """The address under which the machine is reached; kept when the machine is replaced."""

    one_of: ClassVar = ("pool", "address")

    pool: Text | None = None
    """Name of the pool (an external network) to allocate an address from."""
    address: Address | None = None
    """An address that is allocated already."""


class _Ssh(Model):
    """How the program reaches a machine."""

    private_key_file: HerePath
    """The private key's file on this machine; it never leaves it."""
    from_: tuple[Network, ...] = Field(default=(), alias="from", strict=False)
    """Networks that may use ssh; none given: from anywhere."""


class SshKey(_Ssh):
    """How the program reaches a machine of the cloud."""

    user: ClassVar = "cyberhubs"  # by cloud-init/user-data.yaml, whatever the image calls its own
    port: ClassVar = 22

    public_key: Annotated[Text, AfterValidator(_public_key)]
    """The line of the .pub file."""


class SshLogin(_Ssh):
    """How the program reaches a machine that exists."""

    address: Annotated[Text, AfterValidator(_machine_name)]
    """Name or address of the machine."""
    user: Annotated[Text, AfterValidator(_user_name)] = "root"
    """Who to log in as: root, or one who may use sudo without a password."""
    port: int = Field(default=22, ge=1, le=65535)
    """Port of its ssh server."""
    host_key: Annotated[Text, AfterValidator(_public_key)]
    """The machine's own public key, as in its /etc/ssh/ssh_host_ed25519_key.pub; `make host-key`
    shows the one that it presents."""


class _Filesystem(Model):
    """What is on the disk of all data, or is made there if it is empty."""

    filesystem: Literal["ext4", "xfs"] = "ext4"
    """File system made on an empty disk."""
    inodes: Literal["auto"] | Annotated[int, Field(ge=100_000)] = "auto"
    """Number of files that the file system can hold; auto: with ext4 one for each 4 KiB, with xfs
    as many as there is room for."""
    existing: bool = False
    """Use the file system that is there as it is; without this, only an empty disk or one that
    Cyberhubs made is used, and nothing else is ever formatted."""

    @model_validator(mode="after")
    def _inodes_are_of_ext4(self) -> Self:
        if self.filesystem == "xfs" and self.inodes != "auto":
            raise ValueError(f"has inodes {self.inodes}, which xfs makes as needed — leave it out")
        return self


class Volume(_Filesystem):
    """The volume that holds all data: a new one by its size, or an existing one by its id."""

    one_of: ClassVar = ("size_gb", "volume_id")

    size_gb: int | None = Field(default=None, ge=10)
    """Size of the volume to make, in GB; a larger number grows it in place."""
    volume_id: Id | None = None
    """Id of an existing volume."""

    device: ClassVar = VOLUME

    @model_validator(mode="after")
    def _a_new_one_is_empty(self) -> Self:
        if self.size_gb and self.existing:
            raise ValueError("has existing, which a new volume has no use for — leave it out")
        return self


class _SetUp(Model):
    """A machine that Cyberhubs sets up."""

    @property
    def data_path(self) -> str:
        """Where all data lies on the machine."""
        return MOUNT


class OpenStackHost(_SetUp):
    """A virtual machine of an OpenStack cloud, made by the program."""

    kind: Literal["openstack"]
    """A machine that the program makes."""
    image: Image
    """What the machine boots."""
    flavor: Text
    """Name or id of the flavor: cores and memory."""
    network: HostNetwork
    """The network the machine is in."""
    floating_ip: FloatingIp
    """The address under which the machine is reached."""
    ssh: SshKey
    """How the program reaches the machine."""
    data: Volume
    """The volume that holds all data."""

    def login(self, address: str, host_key: str) -> SshLogin:
        """How the program reaches the machine once it is there."""
        return SshLogin.model_construct(
            address=address,
            user=self.ssh.user,
            port=self.ssh.port,
            host_key=host_key,
            private_key_file=self.ssh.private_key_file,
            from_=self.ssh.from_,
        )


class Disk(_Filesystem):
    """The disk that holds all data."""

    device: Annotated[Text, AfterValidator(_device)]
    """The disk, by a name that stays: /dev/disk/by-id/…"""


class SshHost(_SetUp):
    """A server that exists, reached by ssh. Cyberhubs sets up all of it: give it one of its own."""

    kind: Literal["ssh"]
    """A server that exists."""
    ssh: SshLogin
    """How the program reaches the server."""
    data: Disk
    """The disk that holds all data."""
    address: Address | None = None
    """Address under which others reach the server, for the domain's DNS record; that of ssh, if
    left out."""


class Folder(Model):
    """The folder that holds all data."""

    path: Annotated[HerePath, AfterValidator(_data_folder)] = Field(examples=["~/cyberhubs-data"])
    """Folder for the members' files and the hubs' databases; made if it is not there."""


class LocalHost(Model):
    """The machine where Pulumi runs: only its data folder and Docker objects are touched."""

    kind: Literal["local"]
    """The machine where Pulumi runs."""
    data: Folder = Field(examples=["{path: ~/cyberhubs-data}"])
    """The folder that holds all data."""
    address: Address | None = None
    """Address under which others reach this machine, for the domain's DNS record; where the front
    door listens, if left out."""

    @property
    def data_path(self) -> str:
        """Where all data lies on the machine."""
        return str(self.data.path)


Host = Annotated[OpenStackHost | SshHost | LocalHost, Field(discriminator="kind")]
