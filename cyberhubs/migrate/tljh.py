"""The Littlest JupyterHub: `/opt/tljh`, or its `config` alone."""

import hashlib
import re
from pathlib import Path
from typing import Any

from cyberhubs.migrate.files import Folder
from cyberhubs.migrate.hub_traits import listed
from cyberhubs.migrate.old_system import Homes, OldHub, OldSystem, Trait
from cyberhubs.migrate.python_config import PythonConfig

_FILE, _MORE = "config.yaml", "jupyterhub_config.d"
_KEYS = (
    "auth", "base_url", "http", "https", "limits", "services", "traefik_api", "user_environment",
    "users",
)  # fmt: skip
_FIRST_USE = "firstuseauthenticator.FirstUseAuthenticator"
_STAGING = "https://acme-staging-v02.api.letsencrypt.org/directory"
_USERS = {"admin": "admin_users", "allowed": "allowed_users", "banned": "blocked_users"}
_APPS = {"jupyterlab": "/lab", "classic": "/tree"}
_LONG = 18  # from here on a name is cut in that of its home
_PLAIN = re.compile(r"[a-z0-9_-]+\Z")
_IDLE_S = "600"  # what it stops servers after where nothing is said


def config_folder(root: Path) -> Path | None:
    """Where the configuration is, in a folder that is of a TLJH."""
    for folder in (root / "config", root):
        file = folder / _FILE
        if (folder / _MORE).is_dir() or (file.is_file() and _of_tljh(file)):
            return folder
    return None


def _of_tljh(file: Path) -> bool:
    try:
        lines = file.read_text(errors="replace").splitlines()
    except OSError:
        return False
    return any(line.startswith(tuple(f"{key}:" for key in _KEYS)) for line in lines)


def read(root: Path) -> OldSystem:
    """What a TLJH in `root` says."""
    files = Folder(root)
    folder = config_folder(root) or root
    system = OldSystem("The Littlest JupyterHub", "tljh", [], files.left)
    content = files.yaml(folder / _FILE)
    config = _Config(files, files.show(folder / _FILE), content or {})
    # Without the file all of it is by default; one that cannot be read may say anything.
    traits = _traits(config, (folder / _FILE).exists() and content is None)
    for path in sorted((folder / _MORE).glob("*.py")):
        traits |= PythonConfig(files, path, {}).traits
    hub = OldHub("", traits)
    hub.homes = _homes(traits)
    system.hubs = [hub]
    _site(config, system)
    config.note_what_is_left()
    system.needless += ["`traefik_api`, the environment of `/opt/tljh/hub`"]
    return system


class _Config:
    """config.yaml, of which each key that is asked for is taken out."""

    def __init__(self, files: Folder, where: str, content: dict[str, Any]):
        self.files, self._where, self._content = files, where, content

    def take(self, *path: str) -> Trait | None:
        below: Any = self._content
        for step in path[:-1]:
            below = below.get(step) if isinstance(below, dict) else None
        if not isinstance(below, dict) or below.get(path[-1]) in (None, "", "null", "~"):
            return None
        return Trait(below.pop(path[-1]), f"{self._where}: {'.'.join(path)}")

    def note_what_is_left(self) -> None:
        self._content.pop("traefik_api", None)
        for path in _leaves(self._content, ()):
            self.files.note(
                f"`{self._where}`: {'.'.join(path)}.",
                "It is not carried over: docs/reference/stack-file.md has what a hub can be told.",
            )


def _leaves(value: Any, path: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The paths of all that is said."""
    if isinstance(value, dict):
        return [leaf for key, below in value.items() for leaf in _leaves(below, (*path, str(key)))]
    return [] if value in ("", "null", "~", []) else [path]


def _traits(config: _Config, unread: bool) -> dict[str, Trait]:
    """As TLJH itself hands it on to JupyterHub."""
    default = Trait("" if unread else _FIRST_USE, "TLJH's default")
    traits = {"JupyterHub.authenticator_class": config.take("auth", "type") or default}
    for key, name in _USERS.items():
        if trait := config.take("users", key):
            traits[f"Authenticator.{name}"] = trait
    for key, name in (("memory", "mem_limit"), ("cpu", "cpu_limit")):
        if trait := config.take("limits", key):
            traits[f"Spawner.{name}"] = trait
    if trait := config.take("base_url"):
        traits["JupyterHub.base_url"] = trait
    app = config.take("user_environment", "default_app") or Trait("jupyterlab", "TLJH's default")
    traits["Spawner.default_url"] = Trait(_APPS.get(str(app.value), app.value), app.where)
    traits["JupyterHub.services"] = _idle(config)
    auth = config.take("auth")
    if auth and isinstance(auth.value, dict):
        for kind, values in auth.value.items():
            for name, value in values.items() if isinstance(values, dict) else ():
                if value not in ("", "null", "~"):
                    traits[f"{kind}.{name}"] = Trait(value, f"{auth.where}.{kind}.{name}")
    return traits


def _homes(traits: dict[str, Trait]) -> Homes:
    """Named by the member; but longer names are cut, with a part of their hash instead."""
    lists = [traits.get(f"Authenticator.{name}") for name in _USERS.values()]
    names = {str(name).lower() for trait in lists if trait for name in listed(trait.value)}
    cut = {_cut(name): name for name in sorted(names) if len(name) >= _LONG}
    known = [f"    {folder}) name={name} ;;" for folder, name in cut.items() if _PLAIN.match(name)]
    return Homes(
        f"`/home/jupyter-<name>` of the old server; of a name of {_LONG} characters or more its begin and a hash",
        "\n".join(
            [
                "for folder in /home/jupyter-*/; do",
                '  name=$(basename "${folder#/home/jupyter-}")',
                "  case $name in",
                *known,
                f"    {'?' * _LONG}*) name= ;; # cut, and on no list whose it is",
                "  esac",
            ]
        ),
    )


def _cut(name: str) -> str:
    digest = hashlib.sha256(f"jupyter-{name}".encode()).hexdigest()
    return f"{name[:_LONG]}-{digest[:5]}"


def _idle(config: _Config) -> Trait:
    enabled = config.take("services", "cull", "enabled")
    timeout = config.take("services", "cull", "timeout")
    if enabled and str(enabled.value).lower() in ("false", "no", "off"):
        return Trait([], enabled.where)
    command = [f"--timeout={timeout.value if timeout else _IDLE_S}"]
    where = timeout.where if timeout else "TLJH's default"
    return Trait([{"name": "cull-idle", "command": command}], where)


def _site(config: _Config, system: OldSystem) -> None:
    """The name and the certificate."""
    config.take("https", "enabled")
    if domains := config.take("https", "letsencrypt", "domains"):
        names = domains.value if isinstance(domains.value, list) else [domains.value]
        if names:
            system.site["domain"] = Trait(str(names[0]), domains.where)
        for name in names[1:]:
            config.files.note(
                f"The further domain {name} ({domains.where}).",
                "A stack has one: let a web server send visitors on from the others.",
            )
    if email := config.take("https", "letsencrypt", "email"):
        system.site["email"] = email
    staging = config.take("https", "letsencrypt", "staging")
    if staging and str(staging.value).lower() == "true":
        system.site["directory"] = Trait(_STAGING, staging.where)
    if certificate := config.take("https", "tls"):
        config.files.note(
            f"The certificate of your own ({certificate.where}).",
            "The front door gets one by itself, and renews it. To keep yours: docs/how-to/certificates.md.",
        )
