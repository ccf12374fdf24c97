"""Rules that span several keys of the stack file.

They look at the values as they stand in the file, not at the models, so that they are reported
together with everything else that is wrong.
"""

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path, PurePosixPath
from typing import Any

from cyberhubs_hub.access import is_open

from cyberhubs.settings.base import HIDDEN
from cyberhubs.settings.host import MOUNT, OF_THE_STACK
from cyberhubs.settings.hubs import Hub
from cyberhubs.settings.keys import Keys
from cyberhubs.settings.problems import KeyPath, Problem, path_text
from cyberhubs.settings.tls import FileTls, Tls

ANYWHERE = ("0.0.0.0", "::")


def contradictions(raw: Mapping[str, Any]) -> Iterator[Problem]:
    """Keys that do not go together."""
    kind, mode = _at(raw, "host", "kind"), _at(raw, "tls", "mode")
    if mode == "none" and raw.get("domain") is not None:
        yield Problem(("domain",), "has no use with tls.mode none — leave it out, or use acme")
    if mode in ("acme", "files", "internal") and raw.get("domain") is None:
        yield Problem(
            ("domain",), f"is missing, tls.mode {mode} needs it — add domain: hub.example.org"
        )
    listen = _listen(raw)
    if kind == "local" and listen in ANYWHERE and _at(raw, "host", "address") is None:
        yield Problem(
            ("host", "address"),
            f"is missing, the door listens at all addresses ({listen}) — add the one under which "
            "others reach this machine, or set tls.listen",
        )
    for path, hub in _hubs(raw):
        if _at(hub, "login", "kind") == "password" and not _is_loopback(listen):
            yield Problem(
                (*path, "login", "kind"),
                f"password is only for the machine itself, since all members share it, not for "
                f"tls.listen {listen} — use github, or tls.listen: 127.0.0.1",
            )
        if _at(hub, "login", "kind") == "password" and _at(hub, "access", "organizations"):
            yield Problem(
                (*path, "access", "organizations"),
                "have no use with login.kind password, which proves no membership — use github",
            )
        yield from _access(path, _at(hub, "access"))
        yield from _data_spaces(path, _at(hub, "data"), _data_folders(raw))
        yield from _twice((*path, "applications"), _at(hub, "applications"))


def unfit_certificate(keys: Keys) -> Iterator[Problem]:
    """Why the stack's own certificate cannot serve its domain."""
    certificate = _own_certificate(keys.tls)
    if certificate and keys.domain:
        from cyberhubs.settings import certificates  # 40 ms, for this mode alone

        found = certificates.problems(*certificate, keys.domain, datetime.now(UTC))
        yield from (Problem(("tls", key), text) for key, text in found)


def warnings(keys: Keys, hubs: tuple[Hub, ...]) -> Iterator[str]:
    """What is allowed but may not be meant."""
    if certificate := _own_certificate(keys.tls):
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
    return None if HIDDEN in texts else texts


def _access(path: KeyPath, access: Any) -> Iterator[Problem]:
    everyone = _at(access, "everyone")
    if _at(access, "openUntil") is not None and isinstance(everyone, bool):
        yield Problem(
            (*path, "access", "openUntil"),
            f"has no use with everyone: {str(everyone).lower()}, which wins — leave one of them out",
        )


def _data_folders(raw: Mapping[str, Any]) -> list[PurePosixPath]:
    """Those of the host that hold the hubs' secrets and the members' files."""
    if _at(raw, "host", "kind") == "local":
        return [folder] if (folder := _path(_at(raw, "host", "data", "path"))) else []
    return [PurePosixPath(MOUNT, name) for name in OF_THE_STACK]


def _data_spaces(path: KeyPath, spaces: Any, folders: list[PurePosixPath]) -> Iterator[Problem]:
    """No two in one place, none that shows the hub's own data folder."""
    targets: list[PurePosixPath] = []
    for number, space in enumerate(_list(spaces)):
        target, source = _path(_at(space, "target")), _path(_at(space, "source"))
        for other in targets:
            if _overlap(target, other):
                yield Problem(
                    (*path, "data", number, "target"),
                    f"'{target}' and '{other}' lie in one another — choose places apart",
                )
        targets += [target] if target else []
        for folder in folders:
            if _overlap(source, folder):
                yield Problem(
                    (*path, "data", number, "source"),
                    f"'{source}' shows members the stack's data folder '{folder}', with its "
                    "secrets — choose a folder apart",
                )
                break


def _listen(raw: Mapping[str, Any]) -> Any:
    """Where the door listens, if the stack file is right about it."""
    tls = _at(raw, "tls")
    if _at(tls, "mode") not in ("acme", "files", "internal"):
        return "127.0.0.1"
    return _at(tls, "listen") or ANYWHERE[0]


def _is_loopback(address: Any) -> bool:
    try:
        return ip_address(str(address)).is_loopback
    except ValueError:
        return True  # which is reported by itself


def _overlap(one: PurePosixPath | None, other: PurePosixPath | None) -> bool:
    if one is None or other is None:
        return False
    return one.is_relative_to(other) or other.is_relative_to(one)


def _twice(path: KeyPath, names: Any) -> Iterator[Problem]:
    names = _list(names)
    for number, name in enumerate(names):
        if isinstance(name, str) and name in names[:number]:
            yield Problem((*path, number), f"{name!r} is there twice — every application once")


def _at(value: Any, *keys: str) -> Any:
    """What stands below `keys`; None if nothing does."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _path(value: Any) -> PurePosixPath | None:
    """An absolute path without .. and links unresolved; None for anything else."""
    if not isinstance(value, str) or not value.startswith(("/", "~/")):
        return None
    return PurePosixPath(os.path.normpath(Path(value).expanduser()))


def _hubs(raw: Mapping[str, Any]) -> Iterator[tuple[KeyPath, Any]]:
    hubs = _at(raw, "hubs")
    for name, hub in hubs.items() if isinstance(hubs, Mapping) else ():
        yield ("hubs", name), hub
