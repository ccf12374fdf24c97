"""Rules that span several keys of the stack file."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from itertools import combinations
from pathlib import PurePath, PurePosixPath
from typing import Any

from cyberhubs_hub.shared.access_rules import is_open

from cyberhubs.settings.applications import Application, OwnApplication
from cyberhubs.settings.base import HIDDEN
from cyberhubs.settings.data_spaces import DataSpace
from cyberhubs.settings.host import (
    OF_THE_STACK,
    HostSettings,
    LocalHostSettings,
    OpenStackHostSettings,
    SshHostSettings,
)
from cyberhubs.settings.hubs import Hub
from cyberhubs.settings.login import PasswordLogin
from cyberhubs.settings.metrics import Metrics
from cyberhubs.settings.mounts import Mount
from cyberhubs.settings.problems import KeyPath, Problem, one_of, path_text
from cyberhubs.settings.tls import ExternalTls, FileTls, NoTls, Tls

ANYWHERE = ("0.0.0.0", "::")
OTHER_NETWORKS = 2  # the front door's and Docker's own


def contradictions(
    valid: Mapping[str, Any], own: Mapping[str, OwnApplication]
) -> Iterator[Problem]:
    """Keys that do not go together, among those that are `valid` by themselves. `own`: applications of this
    repository."""
    host: HostSettings | None = valid.get("host")
    tls: Tls | None = valid.get("tls")
    hubs: Mapping[str, Hub] = valid.get("hubs", {})
    if tls and "domain" in valid:
        yield from _domain(tls, valid["domain"])
    if (
        tls
        and tls.listen in ANYWHERE
        and isinstance(host, LocalHostSettings)
        and host.address is None
    ):
        yield Problem(
            ("host", "address"),
            f"is missing, the door listens at all addresses ({tls.listen}) — add the one under which "
            "others reach this machine, or set tls.listen",
        )
    if isinstance(host, OpenStackHostSettings | SshHostSettings):
        yield from _room_for_networks(host, len(hubs))
    of_the_stack: Mapping[str, Application] = valid.get("applications", {})
    for name, one in of_the_stack.items():
        if name in own:
            text = "is a folder of images/, too — choose another name"
            yield Problem(("applications", name), text)
        yield from _combined(
            ("applications", name, "combine"), one.combine or (), of_the_stack, own
        )
    yield from _unknown_held(valid, own)
    mounts: Mapping[str, Mount] = valid.get("mounts", {})
    if mounts and isinstance(host, LocalHostSettings):
        yield Problem(
            ("mounts",),
            "are for a host that Cyberhubs sets up, of kind ssh or openstack — mount them on this machine yourself, "
            "and name where as a data space's source",
        )
    for name, hub in hubs.items():
        path = ("hubs", name)
        if tls and isinstance(hub.login, PasswordLogin) and _others_come(tls):
            yield Problem(
                (*path, "login", "kind"),
                "password is only for the machine itself, since all members share it, not for "
                f"tls.{_others_come(tls)} — use github, or tls.listen: 127.0.0.1",
            )
        yield from _of_one_hub(path, hub)
        if "mounts" in valid:
            yield from _mounts_of(path, hub.data, mounts)
        if host:
            yield from _secrets_shown(path, hub.data, _data_folders(host))
    yield from _spaces_open(hubs)
    if "hubs" in valid:
        yield from _prometheus_hub(valid.get("metrics"), hubs)


def _combined(
    path: KeyPath,
    names: Sequence[str],
    of_the_stack: Mapping[str, Application],
    own: Mapping[str, OwnApplication],
) -> Iterator[Problem]:
    """What cannot be combined."""
    lists = [name for name, one in own.items() if one.is_lists]
    for number, name in enumerate(names):
        if name in names[:number]:
            text = f"{name} is there twice — name it once"
        elif name in of_the_stack:
            text = f"{name} is an image of its own or a combination; only what consists of lists of packages can be "
            text += f"combined — {one_of(name, lists)}"
        elif name not in own:
            text = f"{name!r} is not a known application — {one_of(name, lists)}"
        elif name not in lists:
            text = f"{name} has a Dockerfile, and only lists of packages can be combined — {one_of(name, lists)}"
        elif names[0] in lists and own[name].from_ != own[names[0]].from_:
            text = f"{name} is built on {own[name].from_}, and {names[0]} on {own[names[0]].from_} — name those of one base"
        else:
            continue
        yield Problem((*path, number), text)


def _unknown_held(valid: Mapping[str, Any], own: Mapping[str, OwnApplication]) -> Iterator[Problem]:
    if "images" in valid and "applications" in valid:
        known = {*own, *valid["applications"]}
        for name in valid["images"].held.keys() - known:
            yield Problem(
                ("images", "held", name), f"is not a known application — {one_of(name, known)}"
            )


def _prometheus_hub(metrics: Metrics | None, hubs: Mapping[str, Hub]) -> Iterator[Problem]:
    prometheus = metrics.prometheus if metrics else None
    if prometheus is None:
        return
    path = ("metrics", "prometheus", "hub")
    if prometheus.hub is None and len(hubs) > 1:
        yield Problem(
            path,
            f"is missing, and there are {len(hubs)} hubs — name the one whose admins see the figures of all, such as {min(hubs)}",
        )
    elif prometheus.hub is not None and prometheus.hub not in hubs:
        yield Problem(
            path, f"{prometheus.hub!r} is not a hub of this stack — {one_of(prometheus.hub, hubs)}"
        )


def _room_for_networks(
    host: OpenStackHostSettings | SshHostSettings, hubs: int
) -> Iterator[Problem]:
    room, needed = 2 ** (24 - ip_network(host.container_networks).prefixlen), hubs + OTHER_NETWORKS
    if needed > room:
        yield Problem(
            ("host", "containerNetworks"),
            f"{host.container_networks} has {room} networks of a /24, and {hubs} hubs need {needed} — write a larger "
            "range",
        )


def _others_come(tls: Tls) -> str | None:
    """The key of `tls` with its value, by which others than the machine itself reach the front door."""
    if isinstance(tls, ExternalTls):
        return "mode external"
    return None if ip_address(tls.listen).is_loopback else f"listen {tls.listen}"


def _domain(tls: Tls, domain: str | None) -> Iterator[Problem]:
    if isinstance(tls, NoTls):
        if domain is not None:
            yield Problem(("domain",), "has no use with tls.mode none — leave it out, or use acme")
    elif domain is None:
        yield Problem(
            ("domain",), f"is missing, tls.mode {tls.mode} needs it — add domain: hub.example.org"
        )
    elif certificate := _own_certificate(tls):
        from cyberhubs.settings import certificates  # 40 ms, for this mode alone

        found = certificates.problems(*certificate, domain, datetime.now(UTC))
        yield from (Problem(("tls", key), text) for key, text in found)


def _of_one_hub(path: KeyPath, hub: Hub) -> Iterator[Problem]:
    everyone = hub.access.everyone
    if everyone is not None and hub.access.open_until:
        yield Problem(
            (*path, "access", "openUntil"),
            f"has no use with everyone: {str(everyone).lower()}, which wins — leave one of them out",
        )
    if isinstance(hub.login, PasswordLogin) and hub.access.organizations:
        yield Problem(
            (*path, "access", "organizations"),
            "have no use with login.kind password, which proves no membership — use github",
        )
    for number, application in enumerate(hub.applications):
        if application in hub.applications[:number]:
            yield Problem(
                (*path, "applications", number),
                f"{application!r} is there twice — every application once",
            )
    for (_, one), (number, other) in combinations(enumerate(hub.data), 2):
        if _overlap(one.target, other.target):
            yield Problem(
                (*path, "data", number, "target"),
                f"'{other.target}' and '{one.target}' lie in one another — choose places apart",
            )


def _mounts_of(
    path: KeyPath, spaces: tuple[DataSpace, ...], mounts: Mapping[str, Mount]
) -> Iterator[Problem]:
    for number, space in enumerate(spaces):
        if space.mount is None:
            continue
        at = (*path, "data", number)
        if space.mount not in mounts:
            text = f"{space.mount!r} is none of cyberhubs:mounts — {one_of(space.mount, mounts)}"
            yield Problem((*at, "mount"), text)
        elif mounts[space.mount].read_only and space.access != "read-only":
            text = (
                f"{space.access} goes beyond mounts.{space.mount}.readOnly — take one of them out"
            )
            yield Problem((*at, "access"), text)


def _spaces_open(hubs: Mapping[str, Hub]) -> Iterator[Problem]:
    """Where one data space gives what another withholds."""
    spaces = [
        (name, number, space) for name, hub in hubs.items() for number, space in enumerate(hub.data)
    ]
    for (hub, _, one), (name, number, other) in combinations(spaces, 2):
        if not _overlap(one.path, other.path):
            continue
        path = ("hubs", name, "data", number, "source")
        if "private" in (one.access, other.access):
            yield Problem(
                path,
                f"'{other.path}' and '{one.path}' of hub {hub} lie in one another, and what is private would "
                "be others' too — choose folders apart",
            )
        elif hub == name and one.access != other.access:
            yield Problem(
                path,
                f"'{other.path}' and '{one.path}' lie in one another, and what is read-only in one place could be "
                "changed in the other — choose folders apart",
            )


def _secrets_shown(
    path: KeyPath, spaces: tuple[DataSpace, ...], folders: list[PurePosixPath]
) -> Iterator[Problem]:
    for number, space in enumerate(spaces):
        if folder := next((folder for folder in folders if _overlap(space.path, folder)), None):
            yield Problem(
                (*path, "data", number, "source"),
                f"'{space.path}' shows members the stack's data folder '{folder}', with its "
                "secrets — choose a folder apart",
            )


def _data_folders(host: HostSettings) -> list[PurePosixPath]:
    """Those of the host that hold the hubs' secrets and the members' files."""
    return [PurePosixPath(host.data_path, name) for name in OF_THE_STACK]


def _overlap(one: PurePath, other: PurePath) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def warnings(tls: Tls, hubs: tuple[Hub, ...]) -> Iterator[str]:
    """What is allowed but may not be meant."""
    if certificate := _own_certificate(tls):
        from cyberhubs.settings import certificates

        if text := certificates.soon(certificate[0], datetime.now(UTC)):
            yield f"{path_text(('tls', 'certificate'))}: {text}"
    for hub in hubs:
        path = ("hubs", hub.name, "access")
        lists = hub.access_lists
        if both := sorted(lists.allowed & lists.blocked):
            yield (
                f"{path_text(path)}: {', '.join(both)} is both allowed and blocked — "
                "blocked wins; take the name out of one"
            )
        if is_open(lists, datetime.now(UTC)) and not lists.everyone and not lists.open_until:
            who = "knows the password" if hub.login.kind == "password" else "has a GitHub account"
            yield (
                f"{path_text(path)}: hub {hub.name} is open to everyone who {who} — "
                "write everyone: true to keep it so on purpose, or name who is allowed"
            )


def _own_certificate(tls: Tls) -> tuple[str, str] | None:
    """Certificate and key, where there are any and Pulumi has decrypted them."""
    if not isinstance(tls, FileTls):
        return None
    texts = tls.certificate.get_secret_value(), tls.key.get_secret_value()
    return None if any(text.startswith(HIDDEN) for text in texts) else texts
