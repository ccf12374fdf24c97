"""`cyberhubs:host`: the machine that carries the hubs."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from cyberhubs.settings.base import Address, HerePath, MachinePath, Model, Text, own_folder

CHECKOUT = Path(__file__).parents[2]


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
    if not value.startswith(("ssh-ed25519 ", "ssh-rsa ", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-")):
        raise ValueError("is not an SSH public key — paste the line of the .pub file")
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


class HostNetwork(Model):
    """The network the machine is in: an existing one or one of its own."""

    one_of: ClassVar = ("name", "create")

    name: Text | None = None
    """Name of an existing network."""
    create: Literal[True] | None = None
    """Make a network and a router to `externalNetwork`."""
    external_network: Text | None = None
    """With `create`: name of the cloud's external network."""


class FloatingIp(Model):
    """The address under which the machine is reached; kept when the machine is replaced."""

    one_of: ClassVar = ("pool", "address")

    pool: Text | None = None
    """Pool to allocate an address from."""
    address: Address | None = None
    """An address that is allocated already."""


class SshKey(Model):
    """How the program reaches a machine of the cloud."""

    public_key: Annotated[Text, AfterValidator(_public_key)]
    """The line of the .pub file."""
    private_key_file: HerePath
    """The private key's file on this machine."""
    from_: tuple[Network, ...] = Field(default=(), alias="from", strict=False)
    """Networks that may use ssh; none given: from anywhere."""


class Volume(Model):
    """The volume that holds all data: a new one by its size, or an existing one by its id."""

    one_of: ClassVar = ("size_gb", "volume_id")

    size_gb: int | None = Field(default=None, ge=10)
    """Size of the volume to make, in GB."""
    volume_id: Id | None = None
    """Id of an existing volume."""
    filesystem: Literal["ext4", "xfs"] = "ext4"
    """File system made on a new volume."""
    inodes: Literal["auto"] | Annotated[int, Field(ge=100_000)] = "auto"
    """Number of files that the file system can hold; auto: one for each 4 KiB."""


class OpenStackHost(Model):
    """A virtual machine of an OpenStack cloud, made by the program."""

    kind: Literal["openstack"]
    """A machine that the program makes."""
    image: Image
    """What the machine boots."""
    flavor: Text
    """Name of the flavor: cores and memory."""
    network: HostNetwork
    """The network the machine is in."""
    floating_ip: FloatingIp
    """The address under which the machine is reached."""
    ssh: SshKey
    """How the program reaches the machine."""
    data: Volume
    """The volume that holds all data."""


class SshLogin(Model):
    """How the program reaches a machine that exists."""

    address: Text
    """Name or address of the machine."""
    user: Text = "root"
    """Who to log in as: root, or one who may use sudo without a password."""
    port: int = Field(default=22, ge=1, le=65535)
    """Port of its ssh server."""
    private_key_file: HerePath
    """The private key's file on this machine."""
    host_key: Annotated[Text, AfterValidator(_public_key)]
    """The machine's own public key, as in /etc/ssh/ssh_host_ed25519_key.pub."""


class Disk(Model):
    """The disk that holds all data."""

    device: MachinePath
    """The disk, by a name that stays: /dev/disk/by-id/…"""


class SshHost(Model):
    """A server that exists, reached by ssh."""

    kind: Literal["ssh"]
    """A server that exists."""
    ssh: SshLogin
    """How the program reaches the server."""
    data: Disk
    """The disk that holds all data."""


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


Host = Annotated[OpenStackHost | SshHost | LocalHost, Field(discriminator="kind")]
