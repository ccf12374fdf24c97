"""`access` of a hub: who may log in. The rules themselves are `cyberhubs_hub.shared.access_rules`."""

from pathlib import Path
from typing import Annotated, Any, Self

from cyberhubs_hub.shared.access_rules import (
    AccessError,
    AccessLists,
    normalize,
    normalize_organization,
    parse_time,
)
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from cyberhubs.settings.base import Model, beside_stack_file, read_text

MOST_NAMES = 5000

_NAMES_SCHEMA = {"type": "array", "items": {"type": "string"}, "maxItems": MOST_NAMES}
_FILE_SCHEMA = {
    "type": "object",
    "properties": {"file": {"type": "string", "description": "One name a line, # comments."}},
    "required": ["file"],
    "additionalProperties": False,
}


def _time(value: str) -> str:
    return parse_time(value).isoformat()


def _names_or_file(value: Any, info: ValidationInfo) -> Any:
    """The names of {file: …}, whose path starts at the stack file's folder."""
    if not isinstance(value, dict):
        return value
    if list(value) != ["file"]:
        raise ValueError("is a mapping without file — write a list of names, or {file: names.txt}")
    path = beside_stack_file(value["file"], info)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror} — fix the path") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not text in UTF-8 — save it as such") from None
    return _names_of(path, text)


def _names_of(path: Path, text: str) -> list[str]:
    names, wrong = [], []
    for number, line in enumerate(text.splitlines(), 1):
        name = line.partition("#")[0].strip()
        if not name:
            continue
        try:
            names.append(normalize(name))
        except AccessError:
            wrong.append(f"{name!r} (line {number})")
    if wrong:
        more = f" and {len(wrong) - 10} more" if len(wrong) > 10 else ""
        raise ValueError(
            f"{path} has lines that are no GitHub name: {', '.join(wrong[:10])}{more} — "
            "write one name a line; # starts a comment"
        )
    if not names:
        # An empty list would open the hub, which a lost or new file should not do.
        raise ValueError(f"{path} holds no name — add one, or leave the list out")
    return names


Name = Annotated[str, BeforeValidator(read_text), AfterValidator(normalize)]
Organization = Annotated[str, BeforeValidator(read_text), AfterValidator(normalize_organization)]
Names = Annotated[
    tuple[Name, ...],
    Field(strict=False, max_length=MOST_NAMES),
    BeforeValidator(_names_or_file),
    WithJsonSchema({"anyOf": [_NAMES_SCHEMA, _FILE_SCHEMA]}),
]


class Access(Model):
    """Who may log in. blocked overrules all other keys, admins too. Names match in upper and lower case.
    Each list of names may be {file: names.txt}, beside the stack file, with one name a line."""

    admins: Names = ()
    """Names of the hub's administrators."""
    allowed: Names = ()
    """Names of the members."""
    organizations: tuple[Organization, ...] = Field(default=(), strict=False)
    """GitHub organizations, or teams as org:team, whose members may log in."""
    blocked: Names = ()
    """Names of people who may not log in, whatever the other keys say."""
    everyone: bool | None = None
    """true: everyone with an account may log in. false: the lists alone decide. Left out: true if there
    are neither allowed names nor organizations nor openUntil."""
    open_until: Annotated[str, BeforeValidator(read_text), AfterValidator(_time)] | None = None
    """Until this time everyone with an account may log in, afterwards the lists decide. In quotes, with
    a time zone, such as "2026-12-31T00:00:00Z"."""

    @model_validator(mode="after")
    def _no_admin_is_blocked(self) -> Self:
        if both := sorted({*self.admins} & {*self.blocked}):
            raise ValueError(
                f"has {', '.join(both)} among admins and blocked, which wins — take the name out of "
                "one of the lists"
            )
        return self

    @property
    def lists(self) -> AccessLists:
        """What the access rules work on."""
        return AccessLists(
            admins=frozenset(self.admins),
            allowed=frozenset(self.allowed),
            organizations=frozenset(self.organizations),
            blocked=frozenset(self.blocked),
            everyone=self.everyone,
            open_until=parse_time(self.open_until) if self.open_until else None,
        )
