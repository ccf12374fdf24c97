"""Whether somebody may enter a hub, and why."""

from datetime import UTC, datetime

from cyberhubs_hub.shared.access_rules import decide

from cyberhubs.errors import UserError
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
    else:
        print(f"{user} may {'' if decision.allowed else 'not '}enter {where}: {decision.reason}")


def hub_named(settings: Settings, name: str) -> Hub:
    """Raises UserError for one that the stack does not have; with no name, the only hub."""
    hubs = {hub.name: hub for hub in settings.hubs}
    if not name and len(hubs) == 1:
        return next(iter(hubs.values()))
    if name not in hubs:
        raise UserError(f"{name or 'HUB='!r} is no hub of the stack — {one_of(name, hubs)}.")
    return hubs[name]
