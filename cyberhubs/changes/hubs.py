"""The hubs of a stack, read from its resources, and what a change of them means for their members."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cyberhubs_hub.shared.access_rules import AccessError, AccessLists, is_open

from cyberhubs.changes.differences import Change
from cyberhubs.changes.people import access_changes
from cyberhubs.changes.resource import Resource
from cyberhubs.changes.summary import Summary, Topic

HUB = "cyberhubs:hub:Hub"
ROLES = ("network", "proxy", "hub")  # what each has of its own at Docker
IMAGE = "images-"  # what the names of the resources that build them begin with
HUB_S = 10  # that a hub is away while its container is replaced


@dataclass(frozen=True)
class Hub:
    """`config`: as hub.json has it; `applications`: what its menu offers; `access`: None where it cannot be read."""

    name: str
    access: AccessLists | None
    config: dict[str, Any]
    applications: frozenset[str]


def hubs_of(resources: Sequence[Resource]) -> dict[str, Hub]:
    """By name."""
    by_name = {resource.name: resource for resource in resources}

    def content(name: str) -> str:
        found = by_name.get(name)
        return str(found.inputs.get("stdin", "")) if found else ""

    def hub(name: str) -> Hub:
        try:
            access = AccessLists.from_text(content(f"{name}-files-access"))
        except AccessError:
            access = None
        config = content(f"{name}-files-config")
        menu = by_name.get(f"{name}-files-applications")
        used = menu.uses.get("stdin", frozenset()) if menu else ()
        applications = {urn.rpartition(f"::{IMAGE}")[2] for urn in used if f"::{IMAGE}" in urn}
        return Hub(name, access, json.loads(config) if config else {}, frozenset(applications))

    return {resource.name: hub(resource.name) for resource in resources if resource.type == HUB}


def describe_hubs(
    summary: Summary,
    before: dict[str, Hub],
    after: dict[str, Hub],
    changes: Iterable[Change],
    now: datetime | None = None,
) -> None:
    """Says what becomes of each hub."""
    now = now or datetime.now(UTC)
    removed = [hub for name, hub in before.items() if name not in after]
    added = [hub for name, hub in after.items() if name not in before]
    by_name = {change.resource.name: change for change in changes}
    for hub in removed:
        summary.say(Topic.HUBS, f"{hub.name} is removed. {_of_removed(hub, added)}")
    for hub in added:
        summary.say(Topic.HUBS, f"{hub.name} is new{_who_may_enter(hub, now)}.")
        summary.seconds += HUB_S
    for name, new in after.items():
        if name in before:
            old = before[name]
            if old.access and new.access:
                summary.extend(Topic.ACCESS, access_changes(name, old.access, new.access, now))
            elif old.access != new.access:
                summary.say(
                    Topic.ACCESS,
                    f"{name}: the lists of before cannot be read, compare them by eye.",
                )
            summary.extend(Topic.SERVERS, _servers(old, new))
            for role in ROLES:
                change = by_name.get(f"{name}-{role}")
                if change and change.operation == "create":
                    summary.say(
                        Topic.HUBS, f"{name}: its {role} is not there any more, and is made again."
                    )


def _of_removed(hub: Hub, added: list[Hub]) -> str:
    homes = hub.config.get("homes_path", "the data directory")
    renamed = next((new for new in added if _looks_like(hub, new)), None)
    text = f"Its members' servers stop at once, and its address ends; their files stay in {homes}."
    if renamed:
        return (
            f"{text} If it is to go on as {renamed.name}, that one has another address, and empty homes: keep "
            "the name and change its title; or see docs/how-to/hubs.md for how to move the homes."
        )
    return text


def _looks_like(old: Hub, new: Hub) -> bool:
    return old.access == new.access or all(
        _without_callback(old.config.get(key)) == _without_callback(new.config.get(key))
        for key in ("title", "login")
    )


def _without_callback(value: Any) -> Any:
    """A hub's login, which names the hub itself in its callback."""
    if isinstance(value, dict) and value.get("github"):
        return {**value, "github": {**value["github"], "callback": None}}
    return value


def _who_may_enter(hub: Hub, now: datetime) -> str:
    if hub.access is None:
        return ""
    if is_open(hub.access, now):
        return ", open to everyone with an account"
    count = len(hub.access.allowed | hub.access.admins)
    people = "1 name" if count == 1 else f"{count} names"
    of = (
        f" and members of {', '.join(sorted(hub.access.organizations))}"
        if hub.access.organizations
        else ""
    )
    return f": {people}{of} may enter"


def _servers(old: Hub, new: Hub) -> Iterator[str]:
    """What members notice at the next start of their server."""
    name = new.name
    if gone := old.applications - new.applications:
        yield f"{name}: {', '.join(sorted(gone))} is no longer offered. Servers that run it go on until they stop."
    if more := new.applications - old.applications:
        yield f"{name}: {', '.join(sorted(more))} is offered."
    for key, text in _CHANGED.items():
        was, will = old.config.get(key), new.config.get(key)
        if old.config and new.config and was != will:
            yield f"{name}: {text(was, will)}"


def _limits(was: dict[str, Any], will: dict[str, Any]) -> str:
    def shown(limits: dict[str, Any]) -> dict[str, str]:
        disk = limits.get("disk_bytes")
        return {
            "memory": f"{limits['memory_bytes'] / 2**30:g}G",
            "cpus": f"{limits['cpus']:g}",
            "pids": f"{limits['pids']}",
            "disk": f"{disk / 2**30:g}G" if disk else "all there is",
        }

    old, new = shown(was), shown(will)
    parts = [f"{key} {new[key]} (before: {old[key]})" for key in new if new[key] != old[key]]
    return f"from their next start, servers may take {', '.join(parts)}."


def _mounts(was: list[dict[str, Any]], will: list[dict[str, Any]]) -> str:
    def shown(mounts: list[dict[str, Any]]) -> dict[str, str]:
        return {mount["target"]: f"{mount['source']}, {_access(mount)}" for mount in mounts}

    old, new = shown(was), shown(will)
    parts = [f"{target} is no longer there" for target in old.keys() - new.keys()]
    parts += [
        f"{target} shows {source}" for target, source in new.items() if old.get(target) != source
    ]
    return f"from their next start, {'; '.join(sorted(parts)) or 'data spaces differ'}."


def _access(mount: dict[str, Any]) -> str:
    if "read_only" in mount:  # in states from before
        return "read-only" if mount["read_only"] else "read-write"
    return mount["access"]


def _idle(was: int, will: int) -> str:
    return f"idle servers are stopped {_after(will)} (before: {_after(was)})."


def _after(seconds: int) -> str:
    return f"after {seconds // 60} min" if seconds else "never"


def _login(was: dict[str, Any], will: dict[str, Any]) -> str:
    if was.get("kind") != will.get("kind"):
        return f"people log in by {will.get('kind')} (before: {was.get('kind')}): names may be other people's."
    old, new = was.get("github") or {}, will.get("github") or {}
    if old.get("url") != new.get("url"):
        return f"people log in at {new.get('url')} (before: {old.get('url')}): names may be other people's."
    if old.get("callback") != new.get("callback"):
        return f"GitHub sends people to {new.get('callback')}: the OAuth app has to say so."
    if old.get("client_id") != new.get("client_id"):
        return "people log in by another OAuth app."
    return (
        f"memberships are asked every {new.get('refresh_s', 0) // 60} min and hold for "
        f"{new.get('grace_s', 0) // 3600} h without an answer."
    )


_CHANGED = {
    "title": lambda was, will: f"its title is “{will}” (before: “{was}”).",
    "contact": lambda was, will: "pages name another contact.",
    "logo": lambda was, will: "pages show another logo.",
    "interface": lambda was, will: f"servers open with {will} (before: {was}).",
    "limits": _limits,
    "mounts": _mounts,
    "groups": lambda was, will: (
        "from their next start, servers have the rights of other groups in data spaces."
    ),
    "idle_timeout_s": _idle,
    "open_tab_timeout_s": lambda was, will: (
        f"servers of which a tab is open are stopped {_after(will)} (before: {_after(was or 0)})."
    ),
    "login": _login,
}
