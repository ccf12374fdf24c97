"""What the readers of old systems give: settings in JupyterHub's own words, and what they could not read."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Unread:
    """A value that a program computes, which nobody has run."""

    line: int


@dataclass(frozen=True)
class Trait:
    """What one setting is, and in which file it stands."""

    value: Any
    where: str


@dataclass(frozen=True)
class Left:
    """What is not carried over, and what to do about it."""

    what: str
    remedy: str


@dataclass(frozen=True)
class Homes:
    """Members' files: `where`, in words; `each`, the shell's words that give `folder` and `name` one after the other."""

    where: str
    each: str


@dataclass
class OldHub:
    """`name`: the last part of its address, empty at a site's root. `open`: with no list it let everybody in.
    `traits`: by the name that JupyterHub has for it, such as Authenticator.admin_users."""

    name: str
    traits: dict[str, Trait]
    homes: Homes | None = None
    open: bool = False
    images: list[Trait] = field(default_factory=list)
    """What members could choose from, beside what the traits say."""
    chooses: bool = False
    """Whether members chose between JupyterLab and Notebook."""


@dataclass
class OldSystem:
    """`title` is for sentences, `stack` the name of a stack that comes of it."""

    title: str
    stack: str
    hubs: list[OldHub]
    left: list[Left]
    site: dict[str, Trait] = field(default_factory=dict)
    """What is said of all hubs: domain, email, directory (of the certificate's authority), owner (uid and gid)."""
    needless: list[str] = field(default_factory=list)
    """What Cyberhubs does by itself."""
