"""Who gains and who loses access to a hub, and by which rule."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from cyberhubs_hub.shared.access_rules import AccessLists, Decision, decide, is_open

MOST_NAMES = 20  # that a line names
STOP = "a running server of theirs stops as soon as the update writes the lists"


def access_changes(hub: str, old: AccessLists, new: AccessLists, now: datetime) -> Iterator[str]:
    """A sentence for everybody to whom it makes a difference; of memberships at GitHub nothing is known here."""
    if old == new:
        return
    yield from _open_and_closed(hub, old, new, now)
    yield from _organizations(hub, old, new, now)
    yield from _names(hub, old, new, now)


def team_changes(
    old: Mapping[str, Sequence[str]], new: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """The same for members of teams at GitHub that the stack keeps, by the team's name."""
    for team in sorted({*old, *new}):
        was, will = {*old.get(team, ())}, {*new.get(team, ())}
        if team not in new:
            yield f"team {team} is deleted at GitHub: its members lose what it gave them; {STOP}."
            continue
        if gained := will - was:
            yield f"team {team}: {_listed(gained)} gains what hubs give its members."
        if lost := was - will:
            yield f"team {team}: {_listed(lost)} loses what hubs give its members; {STOP}."


def _open_and_closed(hub: str, old: AccessLists, new: AccessLists, now: datetime) -> Iterator[str]:
    was, will = is_open(old, now), is_open(new, now)
    if will and not was:
        until = f" until {new.open_until:%Y-%m-%d %H:%M %Z}" if new.open_until else ""
        yield f"{hub}: everyone with an account gains access{until}, {_why_open(new)}."
    elif was and not will:
        yield f"{hub}: everyone who is on none of its lists loses access; {STOP}."
    elif was and old.open_until != new.open_until and new.open_until:
        yield f"{hub}: everyone with an account may enter until {new.open_until:%Y-%m-%d %H:%M %Z}."


def _why_open(lists: AccessLists) -> str:
    if lists.everyone:
        return "by everyone: true"
    if lists.open_until:
        return "by openUntil"
    return "as no list says any more whom to admit"


def _organizations(hub: str, old: AccessLists, new: AccessLists, now: datetime) -> Iterator[str]:
    if (gained := new.organizations - old.organizations) and not is_open(old, now):
        yield f"{hub}: members of {_listed(gained)} gain access (organizations)."
    if (lost := old.organizations - new.organizations) and not is_open(new, now):
        yield (
            f"{hub}: members of {_listed(lost)} who are on no other list lose access (organizations); {STOP}."
        )


def _names(hub: str, old: AccessLists, new: AccessLists, now: datetime) -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    for name in sorted(_named(old) | _named(new)):
        # At the least, as a member of no organization; at the most, as one of all that are listed.
        was = [decide(old, name, of, now) for of in ((), old.organizations)]
        will = [decide(new, name, of, now) for of in ((), new.organizations)]
        if sentence := _sentence(was, will):
            groups.setdefault(sentence, []).append(name)
    for sentence, names in groups.items():
        yield f"{hub}: {_listed(names)} {sentence}."


def _sentence(was: list[Decision], will: list[Decision]) -> str | None:
    """What changes for one person, each given at the least and at the most."""
    could, can = was[0].allowed, will[0].allowed
    perhaps_could, perhaps_can = was[1].allowed, will[1].allowed
    if could and not perhaps_can:
        return f"loses access ({_rule(will[0], was[0])}); {STOP}"
    if could and not can:
        return (
            f"loses access ({_rule(will[0], was[0])}), but as a member of its organizations; {STOP}"
        )
    if perhaps_could and not could and not perhaps_can:
        return f"loses what a membership may have given ({_rule(will[0], was[0])}); {STOP}"
    if can and not perhaps_could:
        return f"gains access ({will[0].rule}{', as an admin' if will[0].admin else ''})"
    if can and not could:
        return f"gains access whatever their memberships ({will[0].rule})"
    if was[0].admin and not will[0].admin:
        return "is no admin any more, and still may enter"
    if will[0].admin and not was[0].admin:
        return "becomes an admin: sees and ends others' servers"
    return None


def _rule(now: Decision, before: Decision) -> str:
    return "blocked" if now.rule == "blocked" else f"no longer on {before.rule}"


def _named(lists: AccessLists) -> frozenset[str]:
    return lists.admins | lists.allowed | lists.blocked


def _listed(names: Iterable[str]) -> str:
    ordered = sorted(names)
    if len(ordered) <= MOST_NAMES:
        return ", ".join(ordered)
    return f"{', '.join(ordered[:MOST_NAMES])} and {len(ordered) - MOST_NAMES} more"
