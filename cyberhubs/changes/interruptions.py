"""What is cut off while containers and networks of a machine that stays are replaced, and for how long."""

from collections.abc import Iterable, Sequence

from cyberhubs.changes.differences import Change
from cyberhubs.changes.hubs import HUB_S
from cyberhubs.changes.summary import Summary, Topic

CUT_S = 5  # that a proxy or the front door is away while its container is replaced
GO_ON = " Running servers and kernels go on."


def describe_cut(summary: Summary, hubs: Iterable[str], changes: Sequence[Change]) -> None:
    """`hubs`: names of those that are there before and after."""
    gone = {change.resource.name for change in changes if change.gone}
    hubs = [*hubs]
    stop = {name for name in hubs if f"{name}-network" in gone}
    door = next((change for change in changes if change.resource.name == "door-caddy"), None)
    if door and door.operation == "replace":
        summary.say(
            Topic.CUT,
            f"everyone: all hubs are out of reach for about {CUT_S} s.{'' if stop else GO_ON}",
        )
        summary.seconds += CUT_S
    for name in hubs:
        _hub(summary, name, gone, name in stop)


def _hub(summary: Summary, name: str, gone: set[str], stop: bool) -> None:
    """`gone`: resources that are deleted, be it for another one. `stop`: whether its servers do."""
    if stop:
        summary.say(
            Topic.CUT,
            f"{name}: its network is made anew. All its running servers stop, with their kernels.",
        )
        summary.seconds += HUB_S
    elif f"{name}-proxy" in gone:
        summary.say(
            Topic.CUT,
            f"{name}: open pages lose their connection for about {CUT_S} s.{GO_ON}",
        )
        summary.seconds += CUT_S
    if f"{name}-hub" in gone:
        summary.say(
            Topic.CUT,
            f"{name}: nobody can log in or start a server for about {HUB_S} s.{'' if stop else GO_ON}",
        )
        summary.seconds += HUB_S
