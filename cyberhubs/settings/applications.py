"""`cyberhubs:applications`, and those of the folder `images/`: what members can start."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self
from urllib.parse import urlsplit

import yaml
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
)

from cyberhubs.paths import CHECKOUT
from cyberhubs.settings.base import Model, Text, beside_stack_file
from cyberhubs.settings.limits import AMOUNT_SCHEMA, memory
from cyberhubs.settings.problems import SettingsError

FOLDER = CHECKOUT / "images"
FILE = "application.yaml"
LISTS = ("requirements.in", "requirements.txt", "apt.txt")
_REFERENCE = re.compile(
    r"([a-z0-9.-]+(:\d+)?/)?[a-z0-9]+([._/-]+[a-z0-9]+)*(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?",
    re.ASCII,
)


def _page(value: str) -> str:
    if not re.fullmatch(r"/[\w./~?=&%-]*", value, re.ASCII):
        raise ValueError(f"{value!r} is not a page of a server — write its path, such as /lab")
    return value


def _wanted(value: str) -> str:
    memory(value)
    return value


def _reference(value: str) -> str:
    if not _REFERENCE.fullmatch(value):
        raise ValueError(
            f"{value!r} is not an image — write it as registry.example.org/group/name:tag@sha256:…"
        )
    return value


def _git_url(value: str) -> str:
    parts = urlsplit(value)
    if "@" in parts.netloc:
        raise ValueError(
            "names a user, or a password, which would be in Pulumi's state — give the address of a public repository "
            "without it"
        )
    if parts.scheme not in ("https", "http") or not parts.netloc or not parts.path.strip("/"):
        raise ValueError(
            f"{value!r} is not the address of a repository — write it as https://example.org/group/name"
        )
    return value


def _commit(value: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{40}", value):
        raise ValueError(
            f"{value!r} is not a whole commit, and a branch or tag may move — give its 40 digits, which "
            f"`git ls-remote URL {value}` shows"
        )
    return value


Reference = Annotated[Text, AfterValidator(_reference)]


def _context(value: Any, info: ValidationInfo) -> Path:
    path = beside_stack_file(value, info).resolve()
    if not (path / "Dockerfile").is_file():
        raise ValueError(f"there is no {path}/Dockerfile — name a folder that has one")
    return path


class Described(Model):
    """What members are told of an application, and where it begins."""

    title: Text = ""
    """What members read. Left out: its name."""
    description: Text | None = None
    """A line below the title, in the form where members choose."""
    page: Annotated[Text, AfterValidator(_page)] | None = None
    """Its first page, such as /proxy/8050/. Left out: JupyterLab or Notebook, as the hub says."""
    wanted_memory: (
        Annotated[Text, AfterValidator(_wanted), WithJsonSchema(AMOUNT_SCHEMA)] | None
    ) = Field(default=None, alias="memory")
    """Memory that its programs want, such as 4G. Shown to members; the hub's limits are what they get."""

    _name: str = PrivateAttr("")

    @property
    def name(self) -> str:
        """Its key in the stack file, or its folder's name."""
        return self._name

    @property
    def begins_with(self) -> str | None:
        """The application on whose image it is built."""
        return None

    def named(self, name: str) -> Self:
        """It with its name."""
        named = self.model_copy(update={"title": self.title or name})
        named._name = name
        return named


class OwnApplication(Described):
    """An application of this repository: `images/NAME/application.yaml`, beside its Dockerfile, or lists of packages."""

    from_: Text | None = Field(default=None, alias="from")
    """The application on whose image it is built: the argument FROM_IMAGE of its Dockerfile."""

    @property
    def begins_with(self) -> str | None:
        return self.from_

    @property
    def is_lists(self) -> bool:
        """Whether it consists of lists of packages alone."""
        return not (FOLDER / self.name / "Dockerfile").is_file()


class Repository(Model):
    """A public git repository, at one commit."""

    url: Annotated[Text, AfterValidator(_git_url)]
    """Its address, such as https://example.org/group/name."""
    commit: Annotated[Text, AfterValidator(_commit)]
    """All 40 digits of the commit: `git ls-remote URL main` shows those of a branch."""


class Application(Described):
    """An application of your own: an image of a registry, a folder or repository that is built, or a combination."""

    one_of: ClassVar = ("image", "build", "repository", "combine")

    image: Reference | None = None
    """Image of a registry, best with its digest: name:tag@sha256:…. A tag alone is pulled once."""
    build: Annotated[Path, BeforeValidator(_context), WithJsonSchema({"type": "string"})] | None = (
        None
    )
    """Folder with a Dockerfile, from the stack file's folder."""
    repository: Repository | None = None
    """Git repository that repo2docker builds, as mybinder.org does."""
    combine: Annotated[tuple[Text, ...], Field(min_length=2, strict=False)] | None = None
    """Applications of images/ that consist of lists of packages, whose packages one image gets together."""

    @property
    def begins_with(self) -> str | None:
        return self.combine[0] if self.combine else None


def own_applications() -> Mapping[str, OwnApplication]:
    """Those of this repository by name. Raises SettingsError for a file that is wrong."""
    found = {}
    for file in sorted(FOLDER.glob(f"*/{FILE}")):
        name = file.parent.name
        try:
            one = OwnApplication.model_validate(yaml.safe_load(file.read_text())).named(name)
        except (ValidationError, yaml.YAMLError) as error:
            raise SettingsError(str(file), [str(error)]) from None
        if one.from_ and not (FOLDER / one.from_ / FILE).is_file():
            raise SettingsError(str(file), [f"from: {one.from_!r} is no application of images/"])
        if one.is_lists and not (
            one.from_ and any(file.with_name(name).is_file() for name in LISTS)
        ):
            wanted = f"a Dockerfile beside it, or from: and one of {', '.join(LISTS)}"
            raise SettingsError(str(file), [f"has nothing to build — give {wanted}"])
        found[name] = one
    return found
