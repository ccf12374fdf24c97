"""`cyberhubs:hubs`: the hubs, by name."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from cyberhubs_hub.shared.access_rules import AccessLists
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    ValidationInfo,
    WithJsonSchema,
)

from cyberhubs.settings.access import Access
from cyberhubs.settings.base import (
    Model,
    Text,
    beside_stack_file,
    context_of,
)
from cyberhubs.settings.data_spaces import DataSpace
from cyberhubs.settings.idle import Idle
from cyberhubs.settings.limits import Limits
from cyberhubs.settings.login import Login
from cyberhubs.settings.problems import one_of

# Names of stacks and hubs: good for an address and for the name of a container.
NAME_PATTERN = r"[a-z]([a-z0-9-]{0,28}[a-z0-9])?"
# "door" is the network that all hubs share; "hub" and "proxy" are what the containers are called
# on a hub's own network; the others are paths of JupyterHub, and a hub of that name would make an
# address mean two things. The door's own paths begin with an underscore, which no hub's can.
RESERVED = (
    "door", "hub", "proxy", "api", "health", "login", "logout", "metrics", "oauth", "services",
    "static", "user",
)  # fmt: skip

MOST_LOGO = 2**20


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


def _application(name: str, info: ValidationInfo) -> str:
    known = context_of(info).applications
    if name not in known:
        raise ValueError(f"{name!r} is not a known application — {one_of(name, known)}")
    return name


def _logo(value: Any, info: ValidationInfo) -> Path:
    """The file, from the stack file's folder."""
    path = beside_stack_file(value, info)
    if path.suffix not in (".png", ".svg"):
        raise ValueError(f"{path.name!r} is not an image we can show — give a .png or .svg file")
    if not path.is_file():
        raise ValueError(f"there is no file {path} — fix the path")
    if path.stat().st_size > MOST_LOGO:
        raise ValueError(f"{path} is larger than 1 MB — give a smaller one")
    return path


class Hub(Model):
    """One hub: its address, its applications and its members."""

    title: Text = ""
    """Title on the hub's pages. Left out: the hub's name."""
    description: Text | None = None
    """One line about the hub for the front page."""
    listed: bool = True
    """Whether the front page lists the hub; its address works in any case."""
    logo: (
        Annotated[
            Path,
            BeforeValidator(_logo),
            WithJsonSchema({"type": "string", "pattern": r"\.(png|svg)$"}),
        ]
        | None
    ) = None
    """A .png or .svg file beside the stack file. Left out: the logo of Cyberhubs."""
    applications: tuple[
        Annotated[Text, AfterValidator(_application)],
        ...,
    ] = Field(min_length=1, strict=False, examples=["[corehub]"])
    """What members can start, by name: folders of images/, or keys of cyberhubs:applications. The first is
    offered first."""
    interface: Literal["lab", "notebook", "choose"] = "lab"
    """JupyterLab, classic Notebook, or the member's choice."""
    login: Login = Field(examples=["{kind: password}"])
    """How members log in."""
    access: Access = Access()
    """Who may log in."""
    data: tuple[DataSpace, ...] = Field(default=(), strict=False)
    """Folders of the host that members see in their servers."""
    limits: Limits = Limits()
    """The most that one member's server may use."""
    idle: Idle = Idle()
    """When a server that nobody uses is stopped."""
    contact: Text | None = None
    """Whom members may ask for help: an address or a sentence."""

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

    @property
    def folders(self) -> tuple[DataSpace, ...]:
        """Its data spaces that are folders of the host's own, and no mounts."""
        return tuple(space for space in self.data if space.source)

    def named(self, name: str) -> Self:
        """The hub with its key in the stack file."""
        hub = self.model_copy(update={"title": self.title or name})
        hub._name = name
        return hub
