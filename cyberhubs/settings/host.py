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
from cyberhubs.settings.base import Address, ControlPath, Model, Network, Text, own_folder

MOUNT = "/mnt"
"""Where a machine of kind ssh or openstack has its data disk."""
OF_THE_STACK = (
    *(layout.DOOR, layout.ETC, layout.HUBS, layout.HOMES, layout.PROMETHEUS),
    *("lost+found", "tmp", "var"),
)
"""Folders of the data that no data space may show."""
VOLUME = "/var/lib/cyberhubs/volume"
"""Link to the disk that is a machine's volume, on one of kind openstack."""


def _range(value: str) -> str:
    network = ip_network(value)
    if network.version != 4 or network.prefixlen > 22:
        raise ValueError(
            f"{value} is not an IPv4 network of a /22 or larger — write one such as 10.99.0.0/18"
        )
    return value


def _uuid(value: str) -> str:
    try:
        return str(UUID(value))
    except ValueError:
        raise ValueError(f"{value!r} is not an id — copy the 36 characters of its UUID") from None


def public_key(value: str) -> str:
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


def machine_name(value: str) -> str:
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


Id = Annotated[Text, AfterValidator(_uuid)]


class Image(Model):
    """Image of the operating system: by id, which survives a rename, or by name."""

    one_of: ClassVar = ("id", "name")

    id: Id | None = None
    """Id of the image."""
    name: Text | None = None
    """Name of the image; refused if two images have it."""
    boot_volume_gb: int | None = Field(default=None, ge=5)
    """Size in GB of a volume to boot from, for a flavor without a disk; deleted with the machine. Left
    out: the machine boots from the flavor's disk."""


class HostNetwork(Model):
    """The machine's network: an existing one, or one that Cyberhubs creates."""

    one_of: ClassVar = ("name", "create")

    name: Text | None = None
    """Name or id of an existing network."""
    create: Literal[True] | None = None
    """Create a network, and a router to `externalNetwork`."""
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
    """The machine's public address, kept when the machine is replaced."""

    one_of: ClassVar = ("pool", "address")

    pool: Text | None = None
    """Name of the pool (an external network) to allocate an address from."""
    address: Address | None = None
    """An address that the project has already."""


class _Ssh(Model):
    """How Cyberhubs connects to a machine."""

    private_key_file: ControlPath
    """File of the private key on the control machine, where Pulumi runs; the key never leaves it."""
    from_: tuple[Network, ...] = Field(default=(), alias="from", strict=False)
    """Networks from which ssh is allowed. Left out: all networks."""


class SshKey(_Ssh):
    """How Cyberhubs connects to a machine of the cloud."""

    user: ClassVar = "cyberhubs"  # by cloud-init/user-data.yaml, whatever the image calls its own
    port: ClassVar = 22

    public_key: Annotated[Text, AfterValidator(public_key)]
    """The public key: the line in the .pub file."""


class SshConnection(_Ssh):
    """How Cyberhubs connects to a server that exists."""

    address: Annotated[Text, AfterValidator(machine_name)]
    """Name or address of the server."""
    user: Annotated[Text, AfterValidator(_user_name)] = "root"
    """User to log in as: root, or a user who may run sudo without a password."""
    port: int = Field(default=22, ge=1, le=65535)
    """Port of the ssh server."""
    host_key: Annotated[Text, AfterValidator(public_key)]
    """Public host key of the server, as in its /etc/ssh/ssh_host_ed25519_key.pub; `make host-key` shows
    the host keys that the server presents."""


class _Filesystem(Model):
    """The file system of the disk that holds all data."""

    filesystem: Literal["ext4", "xfs"] = "ext4"
    """File system to create on an empty disk."""
    inodes: Literal["auto"] | Annotated[int, Field(ge=100_000)] = "auto"
    """Number of files that the new file system can hold. auto: one for each 4 KiB with ext4, as many as
    the space allows with xfs."""
    existing: bool = False
    """true: use the disk's file system as it is. false: only an empty disk, or one that Cyberhubs has
    formatted, is used. No other disk is ever formatted."""

    @model_validator(mode="after")
    def _inodes_are_of_ext4(self) -> Self:
        if self.filesystem == "xfs" and self.inodes != "auto":
            raise ValueError(f"has inodes {self.inodes}, which xfs makes as needed — leave it out")
        return self


class Volume(_Filesystem):
    """The volume that holds all data: a new one of this size, or an existing one by its id."""

    one_of: ClassVar = ("size_gb", "volume_id")

    size_gb: int | None = Field(default=None, ge=10)
    """Size in GB of the volume to create. A larger number later grows the volume in place."""
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

    in_cloud: ClassVar = False

    container_networks: Annotated[Network, AfterValidator(_range)] = "198.19.0.0/18"
    """Range of addresses for Docker's networks: a /24 for each hub, for the front door and for Docker itself. A client
    with an address of this range could not reach the machine. Networks that exist keep their addresses."""

    @property
    def data_path(self) -> str:
        """Where all data lies on the machine."""
        return MOUNT


class OpenStackHostSettings(_SetUp):
    """A virtual machine in an OpenStack cloud, created by Cyberhubs."""

    in_cloud: ClassVar = True  # where it is stands in the stack's state alone

    kind: Literal["openstack"]
    """A machine that Cyberhubs creates."""
    image: Image
    """Image that the machine boots."""
    flavor: Text
    """Name or id of the flavor, which sets cores and memory."""
    network: HostNetwork
    """The machine's network."""
    floating_ip: FloatingIp
    """The machine's public address."""
    ssh: SshKey
    """How Cyberhubs connects to the machine."""
    data: Volume
    """The volume that holds all data."""


class Disk(_Filesystem):
    """The disk that holds all data."""

    device: Annotated[Text, AfterValidator(_device)]
    """The disk under a name that does not change: /dev/disk/by-id/…"""


class SshHostSettings(_SetUp):
    """A server that exists, reached by ssh. Cyberhubs sets up all of it: use a server that does nothing else."""

    kind: Literal["ssh"]
    """A server that exists."""
    ssh: SshConnection
    """How Cyberhubs connects to the server."""
    data: Disk
    """The disk that holds all data."""
    address: Address | None = None
    """Address under which visitors reach the server, for the domain's DNS record. Left out:
    `ssh.address`."""


class Folder(Model):
    """The folder that holds all data."""

    path: Annotated[ControlPath, AfterValidator(_data_folder)] = Field(
        examples=["~/cyberhubs-data"]
    )
    """Folder of the members' files and the hubs' databases; created if it does not exist."""


class LocalHostSettings(Model):
    """The control machine, where Pulumi runs: only its data folder and its Docker objects are touched."""

    in_cloud: ClassVar = False

    kind: Literal["local"]
    """The control machine, where Pulumi runs."""
    data: Folder = Field(examples=["{path: ~/cyberhubs-data}"])
    """The folder that holds all data."""
    address: Address | None = None
    """Address under which visitors reach this machine, for the domain's DNS record. Left out:
    `tls.listen`."""

    @property
    def data_path(self) -> str:
        """Where all data lies on the machine."""
        return str(self.data.path)


HostSettings = Annotated[
    OpenStackHostSettings | SshHostSettings | LocalHostSettings, Field(discriminator="kind")
]
