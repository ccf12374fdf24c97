"""Who may log in to a hub: the one place where the access rules are stated.

Pure functions: the hub uses them at each login, the settings to check a
stack file, the operator's commands to explain a decision.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

SMOKE_USER = "_check"
"""The user of the smoke test. No GitHub name starts with an underscore, so nobody can be it."""

SMOKE_SERVICE = "check"
"""The hub's service that runs the smoke test: nobody else may start that user's server."""

LOAD_USERS = tuple(f"_load-{number}" for number in range(1, 101))
"""Whom `make load` plays."""

LOAD_SERVICE = "load"
"""The hub's service that does: nobody else may start those users' servers."""


def is_trial(name: str) -> bool:
    """Whether it is a user whom the hub makes for itself."""
    return name == SMOKE_USER or name in LOAD_USERS


# New GitHub accounts: letters, digits and single hyphens, not at the ends. Accounts from before
# that rule may end in a hyphen or double it, and an enterprise's managed users carry
# "_shortcode": such people exist and all of it is harmless in a path, so it is accepted.
_NAME = re.compile(r"(?=.{1,39}\Z)[a-zA-Z0-9][a-zA-Z0-9-]*(_[a-zA-Z0-9]+)?")
_END = "end"
_LISTS = ("admins", "allowed", "organizations", "blocked")
_TEAM = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,99}")


class AccessError(ValueError):
    """A list, a name or a date that cannot be used; the message says why."""


def normalize(name: str) -> str:
    """The one spelling under which a login name is compared and its home is found.

    Raises AccessError for a name that GitHub cannot have. The check comes before the folding,
    so that a look-alike (the Kelvin sign for k) never turns into somebody's name.
    """
    if not isinstance(name, str):
        raise AccessError(f"{name!r} is not text")
    if not _NAME.fullmatch(name):
        raise AccessError(
            f"{name!r} is not a possible GitHub name "
            "(1 to 39 letters, digits and hyphens, starting with a letter or digit)"
        )
    return name.lower()


def normalize_organization(organization: str) -> str:
    """As `normalize`, for "org" or "org:team" (the team by its slug, as in its address)."""
    if not isinstance(organization, str):
        raise AccessError(f"{organization!r} is not text")
    org, colon, team = organization.partition(":")
    if colon and not _TEAM.fullmatch(team):
        raise AccessError(
            f"{organization!r} does not name a team: write org:team, the team as in its address"
        )
    return normalize(org) + colon + team.lower()


def parse_time(text: str) -> datetime:
    """An ISO 8601 date and time with its zone. Raises AccessError."""
    example = 'write it as "2026-12-31T00:00:00Z", in quotes'
    if not isinstance(text, str):
        raise AccessError(f"{text!r} is not text: {example}")
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise AccessError(f"{text!r} is not a date and time: {example}") from None
    if time.utcoffset() is None:
        raise AccessError(f"{text!r} says no time zone: {example}")
    return time


@dataclass(frozen=True)
class AccessLists:
    """A hub's lists. Names and organizations are normalized when it is made.

    everyone: None follows the rule of `is_open`, False never opens, True opens.
    open_until: aware; until then everyone with an account, after it the lists.
    """

    admins: frozenset[str] = frozenset()
    allowed: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()
    blocked: frozenset[str] = frozenset()
    everyone: bool | None = None
    open_until: datetime | None = None

    def __post_init__(self) -> None:
        for field in ("admins", "allowed", "blocked"):
            object.__setattr__(self, field, frozenset(map(normalize, getattr(self, field))))
        organizations = frozenset(map(normalize_organization, self.organizations))
        object.__setattr__(self, "organizations", organizations)
        if self.open_until is not None and self.open_until.utcoffset() is None:
            raise AccessError(f"open_until {self.open_until} has no time zone")

    def to_text(self) -> str:
        """The content of live/access: sorted lines of a list and a name, as a change of those reads
        well in a preview, which would show all of a JSON list. The last line tells it from a part."""
        lines = [f"{key} {name}" for key in _LISTS for name in sorted(getattr(self, key))]
        if self.everyone is not None:
            lines.append(f"everyone {str(self.everyone).lower()}")
        if self.open_until is not None:
            lines.append(f"openUntil {self.open_until.isoformat()}")
        return "".join(f"{line}\n" for line in [*lines, _END])

    @classmethod
    def from_text(cls, text: str) -> "AccessLists":
        """Reads what `to_text` wrote, strictly. A file that was cut short or edited badly raises
        AccessError."""
        if not f"\n{text}".endswith(f"\n{_END}\n"):
            raise AccessError(f"it does not end with the line {_END!r}")
        names: dict[str, set[str]] = {key: set() for key in _LISTS}
        once: dict[str, str] = {}
        for line in text.split("\n")[:-2]:
            key, _, value = line.partition(" ")
            if key in names:
                names[key].add(value)
            elif key in ("everyone", "openUntil") and key not in once:
                once[key] = value
            else:
                raise AccessError(f"{line!r} is not a line of it")
        everyone = once.get("everyone")
        if everyone not in (None, "true", "false"):
            raise AccessError(f"everyone is {everyone!r}, not true or false")
        return cls(
            **{key: frozenset(found) for key, found in names.items()},
            everyone=None if everyone is None else everyone == "true",
            open_until=parse_time(once["openUntil"]) if "openUntil" in once else None,
        )


@dataclass(frozen=True)
class Decision:
    """allowed: may log in. admin: may administer the hub. rule: the rule that decided, one of
    name, blocked, admins, allowed, organizations, everyone, openUntil, open, unlisted (for logs
    and audit). reason: a sentence for the person."""

    allowed: bool
    admin: bool
    rule: str
    reason: str


def is_open(lists: AccessLists, now: datetime) -> bool:
    """Whether anybody with an account may log in (blocked names never may).

    With `everyone` unset: while open_until lies ahead, or where nothing was said of whom to
    admit (no allowed names, no organizations, no open_until; admins do not count).
    """
    if lists.everyone is not None:
        return lists.everyone
    if lists.open_until is not None:
        return now < lists.open_until
    return not lists.allowed and not lists.organizations


def decide(lists: AccessLists, name: str, organizations: Iterable[str], now: datetime) -> Decision:
    """Whether `name`, member of `organizations` ("org" and "org:team"), may log in at `now`
    (aware). A rule about the person is reported before one about everybody."""
    try:
        name = normalize(name)
    except AccessError as error:
        return Decision(False, False, "name", f"{error}.")
    if name in lists.blocked:
        return Decision(False, False, "blocked", f"{name} is blocked on this hub.")
    if name in lists.admins:
        return Decision(True, True, "admins", f"{name} is an admin of this hub.")
    if name in lists.allowed:
        return Decision(True, False, "allowed", f"{name} is on the list of allowed names.")
    if shared := lists.organizations.intersection(o.lower() for o in organizations if o.isascii()):
        return Decision(True, False, "organizations", f"{name} is a member of {min(shared)}.")
    until = lists.open_until
    if is_open(lists, now):
        if lists.everyone:
            return Decision(True, False, "everyone", "This hub is open to everyone.")
        if until:
            return Decision(
                True, False, "openUntil", f"This hub is open to everyone until {until}."
            )
        return Decision(
            True, False, "open", "This hub is open to everyone: no list says whom to admit."
        )
    ended = f"; it was open to everyone until {until}" if until and now >= until else ""
    return Decision(False, False, "unlisted", f"{name} is on none of this hub's lists{ended}.")
