"""Whether a change leads a stack to another machine or place of its data, and what stays where it was."""

import shlex
from collections.abc import Sequence

from cyberhubs.changes.differences import Change
from cyberhubs.changes.resource import Resource
from cyberhubs.changes.summary import Summary, Topic
from cyberhubs.machine.script import name_called
from cyberhubs.resource_types import INSTANCE

HOST = "cyberhubs:host:"  # what the types of hosts begin with; the host itself is named "host"
SERVER_S = 180  # of a bare one, until its hubs answer
ALL = "members' files, shared passwords, the hubs' databases and secrets"
HOW = "docs/how-to/machines.md says how"


def describe_elsewhere(
    summary: Summary,
    before: Sequence[Resource],
    after: Sequence[Resource],
    changes: Sequence[Change],
) -> bool:
    """Says what is left behind. Whether the machine may be another one, so that nothing that runs stays as it is."""
    _data(summary, before, after)
    old, new = _host(before), _host(after)
    if old is None or new is None:
        return False
    if old.type != new.type:
        was, will = (host.type.removeprefix(HOST) for host in (old, new))
        summary.say(
            Topic.LOST,
            f"the host is of another kind ({will}, before: {was}), and nothing is taken along: {ALL} stay on the old "
            f"one until a backup of it is restored on the new one ({HOW}).",
        )
        _cut(summary, "everyone", new)
        return True
    if _server(summary, old, new):
        return True
    return any(
        change.resource.type == INSTANCE and change.operation != "update" for change in changes
    )


def _host(resources: Sequence[Resource]) -> Resource | None:
    return next(
        (one for one in resources if one.name == "host" and one.type.startswith(HOST)), None
    )


def _server(summary: Summary, old: Resource, new: Resource) -> bool:
    """Of one that exists: its host key says which it is, its address alone is no more than a name."""
    was, will = (host.inputs.get("address") for host in (old, new))
    if not was or not will:
        return False
    if old.inputs.get("hostKey") == new.inputs.get("hostKey"):
        if was != will:
            summary.say(
                Topic.MACHINE,
                f"it is reached at {will} (before: {was}). It is to show the same host key as before, so it is taken for "
                "the same machine, and nothing is set up anew. A domain's record has to lead there.",
            )
        return False
    if was == will:
        which = f"all that is on the machine at {was}, if another one has come to that address, as it is"
        same = "If it is the same one with a new key (`make rotate`), nothing is lost and nothing stops."
    else:
        which = f"all that is on the machine at {was}, as the one at {will} is"
        same = "If it is the same one with a new address and a new key, nothing is lost."
    summary.say(
        Topic.LOST,
        f"{which} to show another host key: {ALL} stay on the disk of the old one, and the hubs begin with nothing, unless "
        f"that disk is attached to the new one before the update, or a backup is restored there ({HOW}). {same}",
    )
    _cut(summary, "everyone, if it is another machine", new)
    return True


def _cut(summary: Summary, whom: str, new: Resource) -> None:
    is_server = new.type == f"{HOST}Ssh"  # the time of a cloud's is told with it
    how_long = f" for about {SERVER_S // 60} min" if is_server else ""
    summary.say(
        Topic.CUT,
        f"{whom}: the hubs are away{how_long} until they run on the new one. Running servers and their kernels are not "
        "taken along.",
    )
    summary.seconds += SERVER_S if is_server else 0


def _data(summary: Summary, before: Sequence[Resource], after: Sequence[Resource]) -> None:
    """A folder of this machine; a machine that is set up has its data at one place."""
    old, new = _host(before), _host(after)
    was, will = _root(before), _root(after)
    if old and new and old.type == new.type and was and will and was != will:
        summary.say(
            Topic.LOST,
            f"all that is in {was}: {ALL} stay there, and the hubs begin with nothing in {will}. To take them along: "
            f"`make down` before the change, move {was} to {will} as root, `make up`.",
        )


def _root(resources: Sequence[Resource]) -> str | None:
    for resource in resources:
        create = str(resource.inputs.get("create", ""))
        if name_called(create) == "data-directory":
            return shlex.split(create)[2]
    return None
