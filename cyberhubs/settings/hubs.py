"""`cyberhubs:hubs`: the hubs, by name."""

import re
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, Self

from cyberhubs_hub.access import AccessLists
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    ValidationInfo,
    WithJsonSchema,
)

from cyberhubs.settings.access import Access
from cyberhubs.settings.applications import APPLICATIONS, Application
from cyberhubs.settings.base import (
    MachinePath,
    Model,
    Text,
    beside_stack_file,
    own_folder,
    read_text,
)
from cyberhubs.settings.login import Login
from cyberhubs.settings.problems import one_of

# Names of stacks, hubs and data spaces: good for an address and for the name of a container.
NAME_PATTERN = r"[a-z]([a-z0-9-]{0,28}[a-z0-9])?"
# "door" is the network that all hubs share; "hub" and "proxy" are what the containers are called
# on a hub's own network; the others are paths of JupyterHub, and a hub of that name would make an
# address mean two things. The door's own paths begin with an underscore, which no hub's can.
RESERVED = (
    "door", "hub", "proxy", "api", "health", "login", "logout", "metrics", "oauth", "services",
    "static", "user",
)  # fmt: skip

_MEMORY = re.compile(r"(\d{1,6}(?:\.\d+)?)([KMGT])")
_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
LEAST_MEMORY = 256 * 2**20  # a notebook server and one kernel do not start with less
MOST_LOGO = 2**20

# Where a data space would hide what the container needs.
_CONTAINER_FOLDERS = ("home", "opt", "root", "tmp", "var")


def plain_name(value: str) -> str:
    """Refuses what cannot be part of an address and of a container's name."""
    if not re.fullmatch(NAME_PATTERN, value):
        raise ValueError(
            f"{value!r} cannot be part of an address or of a container's name — choose 1 to 30 "
            "lower-case letters, digits and hyphens, a letter first"
        )
    return value


def hub_name(value: str) -> str:
    """Refuses a name that a hub cannot have."""
    if plain_name(value) in RESERVED:
        raise ValueError(f"{value!r} has a meaning already (address or network) — choose another")
    return value


def _memory(value: Any) -> int:
    text = read_text(value)
    match = _MEMORY.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not an amount of memory — write it as 512M, 2G or 1.5G")
    amount = int(float(match[1]) * _UNITS[match[2]])
    if amount < LEAST_MEMORY:
        raise ValueError(f"{text!r} is too little for a notebook server — give 256M or more")
    return amount


def _application(value: Any) -> Application:
    text = read_text(value)
    if text not in APPLICATIONS:
        raise ValueError(f"{text!r} is not a known application — {one_of(text, APPLICATIONS)}")
    return APPLICATIONS[text]


def _logo(value: Any, info: ValidationInfo) -> Path:
    """The file, from the stack file's folder."""
    path = beside_stack_file(value, info)
    if path.suffix not in (".png", ".svg"):
        raise ValueError(f"{path.name!r} is not an image we can show — give a .png or .svg file")
    if not path.is_file():
        raise ValueError(f"there is no file {path} — mend the path")
    if path.stat().st_size > MOST_LOGO:
        raise ValueError(f"{path} is larger than 1 MB — give a smaller one")
    return path


def _target(path: PurePosixPath) -> PurePosixPath:
    own_folder(path)
    for folder in _CONTAINER_FOLDERS:
        if path.is_relative_to(f"/{folder}"):
            raise ValueError(f"'{path}' would hide files of the container — use one such as /data")
    return path


class DataSpace(Model):
    """A folder of the host that members see in their servers."""

    name: Annotated[Text, AfterValidator(plain_name)]
    """What it is called in messages."""
    source: Annotated[MachinePath, AfterValidator(own_folder)]
    """Folder on the host."""
    target: Annotated[MachinePath, AfterValidator(_target)]
    """Where members see it."""
    access: Literal["read-only", "read-write"] = "read-only"
    """read-only, or read-write."""


class Limits(Model):
    """The most that one member's server may take."""

    memory_bytes: Annotated[
        int,
        BeforeValidator(_memory),
        WithJsonSchema({"type": "string", "pattern": rf"^{_MEMORY.pattern}$"}),
    ] = Field(default=2 * 2**30, alias="memory", json_schema_extra={"default": "2G"})
    """Memory, such as 512M, 2G or 1.5G; a server that takes more is stopped."""
    cpus: float = Field(default=1, ge=0.01, le=1024, allow_inf_nan=False)
    """Processors; a fraction is a share of one."""
    pids: int = Field(default=512, ge=64, le=2**22)
    """Processes and threads."""


class Idle(Model):
    """When a server that nobody uses is stopped."""

    # A day, since a long computation that prints nothing, with the browser closed, counts as idle.
    after_minutes: int = Field(default=24 * 60, ge=0)
    """Minutes without use after which a server is stopped; 0: never."""


class Hub(Model):
    """One hub: its address, its applications and its members."""

    title: Text = ""
    """What members read on its pages; its name, if left out."""
    description: Text | None = None
    """One line about it for the front page."""
    listed: bool = True
    """Whether the front page names it; its address works in any case."""
    logo: (
        Annotated[
            Path,
            BeforeValidator(_logo),
            WithJsonSchema({"type": "string", "pattern": r"\.(png|svg)$"}),
        ]
        | None
    ) = None
    """A .png or .svg file beside the stack file; ours, if left out."""
    applications: tuple[
        Annotated[
            Application,
            BeforeValidator(_application),
            WithJsonSchema({"enum": sorted(APPLICATIONS)}),
        ],
        ...,
    ] = Field(min_length=1, strict=False, examples=["[corehub]"])
    """What members can start; the first is the one offered first."""
    interface: Literal["lab", "notebook", "choose"] = "lab"
    """JupyterLab, classic Notebook, or the member's choice."""
    login: Login = Field(examples=["{kind: password}"])
    """How members prove who they are."""
    access: Access = Access()
    """Who may log in."""
    data: tuple[DataSpace, ...] = Field(default=(), strict=False)
    """Folders of the host that members see."""
    limits: Limits = Limits()
    """The most that one member's server may take."""
    idle: Idle = Idle()
    """When a server that nobody uses is stopped."""
    contact: Text | None = None
    """Whom a member may ask: an address or a sentence."""

    _name: str = PrivateAttr("")

    @property
    def name(self) -> str:
        """Its key in the stack file."""
        return self._name

    @property
    def prefix(self) -> str:
        """The path of its address, with a slash at both ends."""
        return f"/{self.name}/"

    @property
    def access_lists(self) -> AccessLists:
        """What the access rules work on."""
        return self.access.lists

    def named(self, name: str) -> Self:
        """The hub with its key in the stack file."""
        hub = self.model_copy(update={"title": self.title or name})
        hub._name = name
        return hub
