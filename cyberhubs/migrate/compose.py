"""What a compose file says of the service that is the hub."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cyberhubs.migrate.files import Folder, expand

NAMES = ("docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml")
_SOCKET = "/docker.sock"


@dataclass
class Compose:
    """`environment`: the hub's. `mounts`: path in the hub's container → folder, file or volume of the host.
    `others`: names of the services beside it."""

    variables: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    mounts: dict[str, str] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)


def compose_file(folder: Path) -> Path | None:
    return next((folder / name for name in NAMES if (folder / name).is_file()), None)


def read_compose(files: Folder, folder: Path, given: dict[str, str]) -> Compose:
    """`given`: variables of the shell in which it was started, which win over those of `.env`."""
    found = Compose({**files.variables(folder / ".env"), **given})
    path = compose_file(folder)
    services = (files.yaml(path) or {}).get("services") if path else None
    if not isinstance(services, dict):
        return found
    mounts = {name: _mounts(service, found.variables) for name, service in services.items()}
    hub = _hub(mounts)
    found.others = [name for name in services if name != hub]
    if hub is None:
        return found
    found.mounts = mounts[hub]
    service = services[hub] if isinstance(services[hub], dict) else {}
    for name in _env_files(service):
        file = folder / expand(name, found.variables)
        if not os.path.lexists(file):
            files.note(
                f"`{files.show(file)}` is not here; `{path.name if path else ''}` names it.",
                "What it says, such as the OAuth app's id, is not carried over.",
            )
        found.environment |= files.variables(file, found.variables)
    found.environment |= _environment(service.get("environment"), found.variables)
    return found


def _hub(mounts: dict[str, dict[str, str]]) -> str | None:
    """The service that starts containers; else the one that is called so."""
    starts = [name for name, targets in mounts.items() if any(t.endswith(_SOCKET) for t in targets)]
    called = [name for name in mounts if "hub" in name and "db" not in name]
    # Of several that have the engine's socket, as a reverse proxy may, the one of that name.
    best = [name for name in starts if name in called] or starts or called or list(mounts)
    return best[0] if best else None


def _mounts(service: Any, variables: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    listed = service.get("volumes") if isinstance(service, dict) else None
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, dict):
            source, target = entry.get("source", ""), entry.get("target", "")
        else:
            source, _, rest = str(entry).partition(":")
            target = rest.partition(":")[0]
        found[expand(str(target), variables)] = expand(str(source), variables)
    return found


def _env_files(service: dict[str, Any]) -> list[str]:
    named = service.get("env_file") or []
    entries = named if isinstance(named, list) else [named]
    return [str(entry.get("path", "") if isinstance(entry, dict) else entry) for entry in entries]


def _environment(said: Any, variables: dict[str, str]) -> dict[str, str]:
    if isinstance(said, list):  # NAME=value, or NAME alone for the shell's
        pairs = [str(entry).partition("=") for entry in said]
        said = {name: value if is_set else f"${{{name}}}" for name, is_set, value in pairs}
    return {k: expand(str(v), variables) for k, v in said.items()} if isinstance(said, dict) else {}
