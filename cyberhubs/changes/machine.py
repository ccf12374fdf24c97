"""What a change of the machine, its images and its front door means."""

import shlex
from collections.abc import Sequence

from cyberhubs.changes.differences import Change
from cyberhubs.changes.hubs import IMAGE
from cyberhubs.changes.moves import ALL
from cyberhubs.changes.resource import UNKNOWN, Resource
from cyberhubs.changes.summary import Summary, Topic
from cyberhubs.images import commands
from cyberhubs.machine.script import name_called
from cyberhubs.names import short
from cyberhubs.resource_types import ADDRESS, ATTACHMENT, INSTANCE, SECURITY_RULE, VOLUME
from cyberhubs.settings.base import EVERYWHERE

OF_MOUNTS = 6  # words of the call of mounts.sh before its mounts
MACHINE_S = 300  # of a new one, until its hubs answer
# Seconds that a build takes, and what its image is to people.
BUILDS = {
    "multiuser": (60, "the hubs' own"),
    "proxy": (30, "the hubs' proxies'"),
    "front-door": (30, "the front door's"),
    "prometheus": (40, "the Prometheus's"),
}
APPLICATION_S, TRIAL_S = 120, 20
WHY = {  # inputs of a machine, in the stack file's words
    "flavorId": "another flavor",
    "imageId": "another image",
    "keyPair": "another ssh key",
    "networks": "another network",
    "blockDevices": "another boot volume",
}


def describe_machine(summary: Summary, changes: Sequence[Change]) -> None:
    by_type: dict[str, list[Change]] = {}
    for change in changes:
        by_type.setdefault(change.resource.type, []).append(change)
    for change in by_type.get(VOLUME, ()):
        _volume(summary, change)
    for change in by_type.get(ATTACHMENT, ()):
        if not any(volume.gone for volume in by_type.get(VOLUME, ())):
            _attachment(summary, change)
    for change in by_type.get(ADDRESS, ()):
        _address(summary, change)
    for change in by_type.get(INSTANCE, ()):
        _instance(summary, change)
    _rules(summary, by_type.get(SECURITY_RULE, ()))
    for change in changes:
        if change.resource.name == "door-caddy":
            _door(summary, change)
        elif change.resource.name == "prometheus-server":
            _prometheus(summary, change)
        elif change.resource.name.startswith(IMAGE) and change.resource.custom:
            _image(summary, change)
        elif change.before and name_called(_created(change.before)) == "mounts":
            _mounts(summary, change)
    _set_up(summary, changes)


def _volume(summary: Summary, change: Change) -> None:
    if change.gone:
        summary.say(
            Topic.LOST,
            "the volume with all members' files and the hubs' databases. " + _protected(change),
        )
        return
    if change.before is None:
        return
    was, will = (one.inputs.get("size", 0) for one in (change.before, change.resource))
    if will > was:
        summary.say(
            Topic.MACHINE, f"the volume grows from {was} to {will} GB, with everything running."
        )
    elif will < was:
        summary.say(
            Topic.REFUSED,
            f"the volume would shrink from {was} to {will} GB: no cloud does that, and the update would stop there.",
        )
    _unprotected(summary, change, "the volume")


def _attachment(summary: Summary, change: Change) -> None:
    """Of the volume to the machine."""
    was = change.before.inputs.get("volumeId", UNKNOWN) if change.before else UNKNOWN
    if "volumeId" in change.keys and was != UNKNOWN:
        summary.say(
            Topic.LOST,
            f"all that is on the volume {was}: {ALL} stay on it, and the hubs have what is on another one. Nothing deletes "
            "it, and its id as `data.volumeId` leads back to it.",
        )


def _address(summary: Summary, change: Change) -> None:
    if change.gone:
        summary.say(
            Topic.LOST,
            f"the public address: the hubs get another one, and the domain leads nowhere until its record says "
            f"so. {_protected(change)}",
        )
    _unprotected(summary, change, "the public address")


def _protected(change: Change) -> str:
    if change.before and change.before.protect:
        return "It is protected: the update refuses it and stops, until somebody takes that away by hand."
    return "Nothing protects it."


def _unprotected(summary: Summary, change: Change, what: str) -> None:
    if change.before and change.before.protect and not change.resource.protect:
        summary.say(Topic.LOST, f"the protection of {what}: a later change can delete it.")


def _instance(summary: Summary, change: Change) -> None:
    if change.operation == "create":
        summary.say(Topic.MACHINE, "a new machine is made.")
    elif change.operation == "replace":
        why = ", ".join(text for key, text in WHY.items() if key in change.keys) or "made otherwise"
        summary.say(
            Topic.CUT,
            f"everyone: the machine is replaced ({why}). All running servers stop, with their kernels, and the hubs "
            f"are away for about {MACHINE_S // 60} min; files, logins and the address stay.",
        )
    elif change.operation == "delete":
        summary.say(Topic.LOST, "the machine: it is deleted, with all running servers.")
    if change.operation in ("create", "replace"):
        summary.seconds += MACHINE_S


def _rules(summary: Summary, changes: Sequence[Change]) -> None:
    def shown(rule: Resource) -> str:
        port, source = rule.inputs.get("portRangeMin"), rule.inputs.get("remoteIpPrefix")
        what = "ssh" if port == 22 else f"port {port}"
        return f"{what} {'from everywhere' if source in EVERYWHERE else f'from {source}'}"

    for change in changes:
        if change.resource.inputs.get("direction") != "ingress":
            continue
        if change.operation in ("create", "replace"):
            summary.say(Topic.EXPOSED, f"the machine answers {shown(change.resource)}.")
        elif change.operation == "delete":
            summary.say(Topic.EXPOSED, f"the machine no longer answers {shown(change.resource)}.")


def _door(summary: Summary, change: Change) -> None:
    ports = {
        (port.get("ip"), port.get("external"))
        for port in change.resource.inputs.get("ports") or ()
        if change.operation != "delete"
    }
    old = change.before.inputs.get("ports") or () if change.before else ()
    was = {(port.get("ip"), port.get("external")) for port in old}
    for ip, port in sorted(ports - was):
        local = ip in ("127.0.0.1", "::1")
        who = "to the machine itself alone" if local else "to everybody who reaches the machine"
        summary.say(Topic.EXPOSED, f"the front door listens on {ip}:{port}, {who}.")
    for ip, port in sorted(was - ports):
        summary.say(Topic.EXPOSED, f"the front door no longer listens on {ip}:{port}.")


def _prometheus(summary: Summary, change: Change) -> None:
    if change.operation == "create":
        summary.say(Topic.MACHINE, "a Prometheus reads the hubs' figures, and keeps them.")
    elif change.operation == "delete":
        summary.say(Topic.MACHINE, "the Prometheus is removed; the figures that it has kept stay.")


def _image(summary: Summary, change: Change) -> None:
    """Of `docker build`: its tag changes with its content."""
    if change.operation == "delete" or (change.before and not {"create", "stdin"} & change.keys):
        return
    image = change.resource.name.removeprefix(IMAGE)
    if image in BUILDS:
        seconds, whose = BUILDS[image]
        summary.say(Topic.IMAGES, f"{image}, {whose}, is built and tried.")
    elif held := commands.held(change.resource.inputs):
        seconds = TRIAL_S
        summary.say(
            Topic.IMAGES,
            f"{image} is held at the image {short(held)}, neither built nor pulled, and tried. Members get it at their next start; running servers keep the one they have.",
        )
    else:
        seconds = APPLICATION_S
        pulled = commands.pulled(change.resource.inputs)
        summary.say(
            Topic.IMAGES,
            f"{image} is {'pulled' if pulled else 'built'} and tried. Members get it at their next start; running servers keep the one they have.",
        )
    summary.seconds += seconds


def _mounts(summary: Summary, change: Change) -> None:
    """Those that are unmounted, be it to be mounted otherwise."""
    assert change.before
    was = _mounts_of(change.before)
    will = [] if change.operation == "delete" else _mounts_of(change.resource)
    if was == will and "stdin" in change.keys:
        summary.say(
            Topic.CUT,
            "everyone: running servers lose sight of each mount that is reached with another secret, until their next start.",
        )
    for mount in was:
        if mount not in will:
            name = mount.partition(" ")[0]
            summary.say(
                Topic.CUT,
                f"everyone: running servers lose sight of the mount {name}, until their next start if it is still there then.",
            )


def _mounts_of(resource: Resource) -> list[str]:
    return shlex.split(_created(resource))[OF_MOUNTS:]


def _created(resource: Resource) -> str:
    return str(resource.inputs.get("create", ""))


def _set_up(summary: Summary, changes: Sequence[Change]) -> None:
    """What of a machine that stays is set up anew."""
    named = []
    for change in changes:
        create = _created(change.resource)
        if change.operation != "update" or "/scripts/setup/" not in create:
            continue
        if name_called(create) == "mounts":
            continue
        if "create" in change.keys and change.before:
            named.append(f"{name_called(create)} ({_arguments(change.before, change.resource)})")
    if named:
        summary.say(Topic.MACHINE, f"set up anew, with everything running: {', '.join(named)}.")
    for change in changes:
        was, will = (ssh_of(one) if one else None for one in (change.before, change.resource))
        if was and will and was[1] != will[1]:
            summary.say(
                Topic.EXPOSED,
                f"ssh is answered to {will[1] or 'everywhere'} (before: {was[1] or 'everywhere'}).",
            )


def _arguments(old: Resource, new: Resource) -> str:
    was, will = (shlex.split(str(one.inputs["create"]))[2:] for one in (old, new))
    pairs = [
        f"{before or '—'} → {after or '—'}"
        for before, after in zip(was, will, strict=False)
        if before != after
    ]
    return ", ".join(pairs) or "its arguments"


def ssh_of(resource: Resource) -> tuple[int, str] | None:
    """The port of ssh and the networks that may use it, with commas, empty for all; None but for a machine's firewall."""
    create = str(resource.inputs.get("create", ""))
    if name_called(create) != "firewall":
        return None
    port, sources = shlex.split(create)[2:4]
    return int(port), sources
