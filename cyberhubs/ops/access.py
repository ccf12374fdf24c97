"""Whether somebody may enter a hub, and why."""

import json
from datetime import UTC, datetime

from cyberhubs_hub.shared.access_rules import decide
from cyberhubs_hub.shared.config import UNPROVED_FILE
from docker.errors import NotFound

from cyberhubs.errors import UserError
from cyberhubs.names import HubNames
from cyberhubs.ops.engine import engine, output_of
from cyberhubs.ops.stack import Stack
from cyberhubs.settings import Hub, Settings
from cyberhubs.settings.problems import one_of


def access(stack: Stack, hub: str, user: str) -> None:
    """Says in one line whether somebody may enter, by the lists of the stack file."""
    if not user:
        raise UserError("Say who: make access HUB=core USER=grace.")
    found = hub_named(stack.settings, hub)
    lists = found.access_lists
    decision = decide(lists, user, (), datetime.now(UTC))
    where = f"{found.name} of stack {stack.name}"
    if decision.rule == "unlisted" and lists.organizations:
        members = " or ".join(sorted(lists.organizations))
        print(f"{user} may enter {where} as a member of {members} only, which GitHub knows.")
        if reason := _why_unproved(stack, found, user):
            print(f"GitHub does not say it now, and {user} stays meanwhile. {reason}")
    else:
        print(f"{user} may {'' if decision.allowed else 'not '}enter {where}: {decision.reason}")


def _why_unproved(stack: Stack, hub: Hub, user: str) -> str | None:
    """What keeps GitHub from saying whether somebody is a member, as the hub noted it; None where nothing does, or
    the hub cannot be asked."""
    names = HubNames(stack.name, hub.name)
    try:
        with engine(stack.machine) as client:
            container = client.containers.get(names.container("hub"))
            noted = output_of(container, "cat", UNPROVED_FILE)
            return json.loads(noted or "{}").get(user.lower(), {}).get("reason")
    except (UserError, OSError, NotFound, ValueError):
        return None


def hub_named(settings: Settings, name: str) -> Hub:
    """Raises UserError for one that the stack does not have; with no name, the only hub."""
    hubs = {hub.name: hub for hub in settings.hubs}
    if not name and len(hubs) == 1:
        return next(iter(hubs.values()))
    if name not in hubs:
        raise UserError(f"{name or 'HUB='!r} is no hub of the stack — {one_of(name, hubs)}.")
    return hubs[name]
