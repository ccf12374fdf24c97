"""The base of all models of the stack file, and the types that several of them use."""

import ast
import inspect
import re
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from itertools import pairwise
from pathlib import Path, PurePath, PurePosixPath
from textwrap import dedent
from typing import Annotated, Any, ClassVar, Self, TypeVar, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    SecretStr,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel

# How Pulumi prints a date that stood in the file without quotes.
_BARE_DATE = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)? [+-]\d{4} \S+")

_SYSTEM_FOLDERS = (
    "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/run",
    "/sbin", "/sys", "/usr", "/var/lib/docker", "/var/run",
)  # fmt: skip
_SHARED_FOLDERS = (
    "/", "/home", "/media", "/mnt", "/opt", "/root", "/srv", "/tmp", "/var", "/var/lib"
)  # fmt: skip

_Path = TypeVar("_Path", bound=PurePath)


def _for_readers(schema: dict[str, Any], model: type["Model"]) -> None:
    """What the JSON schema says to editors and the reference alone.

    Pydantic's own `use_attribute_docstrings` reads the source of every model at each start: 0.1 s.
    """
    texts = _docstrings(model)
    for name, field in model.model_fields.items():
        if name in texts:
            schema["properties"][field.alias]["description"] = texts[name]
    if model.one_of:
        schema["oneOf"] = [{"required": [to_camel(name)]} for name in model.one_of]


def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    """The text below each field, by the field's name."""
    texts: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if issubclass(kind, Model):
            body = cast("ast.ClassDef", ast.parse(dedent(inspect.getsource(kind))).body[0]).body
            for field, text in pairwise(body):
                match field, text:
                    case ast.AnnAssign(ast.Name(name)), ast.Expr(ast.Constant(str(said))):
                        texts[name] = inspect.cleandoc(said)
    return texts


class Model(BaseModel):
    """Frozen and strict: unknown keys and values of another type are refused, never converted.

    `one_of`: fields of which exactly one is given.
    """

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        json_schema_extra=_for_readers,
    )

    one_of: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [to_camel(name) for name in self.one_of if getattr(self, name) is not None]
        if self.one_of and len(given) != 1:
            wanted = " or ".join(map(to_camel, self.one_of))
            raise ValueError(f"says {' and '.join(given) or 'nothing'} — give either {wanted}")
        return self


def kind_of(value: Any) -> str:
    """What a value is called in YAML."""
    if value is None or value == "":
        return "empty"
    names = {
        bool: "a boolean",
        dict: "a mapping",
        float: "a number",
        int: "a number",
        list: "a list",
        str: "text",
        SecretStr: "encrypted",
    }
    return names.get(type(value), f"a {type(value).__name__}")


def read_text(value: Any) -> str:
    """One line of text. A number, date or boolean is refused: YAML has changed it already."""
    if isinstance(value, bool | int | float):
        shown = str(value).lower()
        mangled = "" if isinstance(value, bool) else " (0123 is read as octal 83, 1e3 as 1000)"
        raise ValueError(f"{shown} is {kind_of(value)}, not text — quote it{mangled}")
    if not isinstance(value, str):
        raise ValueError(f"is {kind_of(value)}, text belongs here — write it in quotes")
    if date := _BARE_DATE.fullmatch(value):
        quoted = f'"{date[1]}T{date[2]}Z"'
        raise ValueError(f"{value!r} was a date without quotes — quote it, such as {quoted}")
    if not value.strip():
        raise ValueError("is empty — give a text, or leave the key out")
    if not value.isprintable():
        raise ValueError(f"{value!r} has a line break or control character — write one line")
    return value


def _secret(value: Any) -> SecretStr:
    if isinstance(value, SecretStr):
        return value
    if not isinstance(value, str) or not value:
        raise ValueError(
            f"is {kind_of(value or None)}, a secret text belongs here (not shown) — "
            "set it with: pulumi config set -s NAME --secret --path"
        )
    return SecretStr(value)


def _address(value: str) -> str:
    try:
        return str(ip_address(value))
    except ValueError:
        raise ValueError(f"{value!r} is not an IP address — write it as 206.12.1.2") from None


def _network(value: str) -> str:
    try:
        return str(ip_network(value))
    except ValueError as error:
        raise ValueError(f"{error} — write a network such as 192.0.2.0/24") from None


def _absolute(value: Any) -> PurePosixPath:
    text = read_text(value)
    path = PurePosixPath(text)
    if not path.is_absolute():
        raise ValueError(f"{text!r} is a relative path — start it with /")
    if ".." in path.parts:
        raise ValueError(f"{text!r} goes up with .. — write where it leads")
    if ":" in text:
        raise ValueError(f"{text!r} has a colon, which Docker cannot mount — choose another")
    return PurePosixPath("/", *path.parts[1:])  # as pathlib keeps the two slashes of "//etc"


def own_folder(path: _Path) -> _Path:
    """Refuses a folder of the operating system, or one that others share."""
    if any(map(path.is_relative_to, _SYSTEM_FOLDERS)) or str(path) in _SHARED_FOLDERS:
        raise ValueError(f"'{path}' belongs to the system — choose a folder of its own")
    return path


def _expanded(text: str) -> Path:
    """With the home of who runs this for ~/."""
    return Path(text).expanduser() if text.startswith("~/") else Path(text)


def _on_control_machine(value: Any) -> Path:
    text = read_text(value)
    if not text.startswith(("/", "~/")):
        raise ValueError(f"{text!r} is a relative path — start it with / or ~/")
    return Path(_absolute(str(_expanded(text))))


@dataclass(frozen=True)
class Context:
    """Of a stack file that is read. `folder`: its own; `applications`: all that hubs may offer."""

    folder: Path
    applications: tuple[str, ...] = ()


def context_of(info: ValidationInfo) -> Context:
    return cast("Context", info.context)


def beside_stack_file(value: Any, info: ValidationInfo) -> Path:
    """A path that starts at the stack file's folder, unless it begins with / or ~/."""
    return context_of(info).folder / _expanded(read_text(value))


Text = Annotated[
    str, BeforeValidator(read_text), AfterValidator(str.strip), WithJsonSchema({"type": "string"})
]
"""One line of text."""

Address = Annotated[Text, AfterValidator(_address)]
"""An IP address."""

Network = Annotated[Text, AfterValidator(_network)]
"""A network in CIDR notation."""

EVERYWHERE: tuple[str, ...] = ("0.0.0.0/0", "::/0")

HIDDEN = "[secret]"
"""What a secret is where it cannot be decrypted: in a stack file that is read without Pulumi."""

Secret = Annotated[
    SecretStr,
    BeforeValidator(_secret),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "properties": {"secure": {"type": "string"}},
                    "required": ["secure"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
"""Text that is encrypted in the file and never shown."""

MachinePath = Annotated[
    PurePosixPath,
    BeforeValidator(_absolute),
    WithJsonSchema({"type": "string", "pattern": "^/"}),
]
"""An absolute path on the host."""

ControlPath = Annotated[
    Path,
    BeforeValidator(_on_control_machine),
    WithJsonSchema({"type": "string", "pattern": "^(/|~/)"}),
]
"""An absolute path on the control machine, where Pulumi runs; ~/ is the home of who runs it."""
