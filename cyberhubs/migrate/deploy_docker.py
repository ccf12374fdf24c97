"""jupyterhub-deploy-docker, and what was made of it: a compose file beside a jupyterhub_config.py."""

import re
from pathlib import Path

from cyberhubs.migrate.compose import Compose, compose_file, read_compose
from cyberhubs.migrate.files import Folder
from cyberhubs.migrate.lists import names_in
from cyberhubs.migrate.old_system import Homes, OldHub, OldSystem, Trait
from cyberhubs.migrate.python_config import PythonConfig

# Where the configuration says nothing, the login itself looks for these.
_TRAITS = {
    "GITHUB_CLIENT_ID": "client_id",
    "OAUTH_CLIENT_ID": "client_id",
    "GITHUB_CLIENT_SECRET": "client_secret",
    "OAUTH_CLIENT_SECRET": "client_secret",
    "OAUTH_CALLBACK_URL": "oauth_callback_url",
    "GITHUB_URL": "github_url",
    "GITHUB_HOST": "github_url",
}
_PLAIN = re.compile(r"[\w./-]*", re.ASCII)  # what a shell takes as it is
_CONFIG, _LIST = "jupyterhub_config.py", "userlist"


def checkout(root: Path) -> Path | None:
    """The folder in `root` that has both; its repository keeps them in one of examples today."""
    places = [root, root / "basic-example"]
    return next((place for place in places if compose_file(place) and _configs(place)), None)


def _configs(folder: Path) -> list[Path]:
    own = folder / _CONFIG
    return [own] if own.is_file() else sorted(folder.glob(f"*/{_CONFIG}"))


def read(root: Path) -> OldSystem:
    """What a jupyterhub-deploy-docker in `root` says."""
    files = Folder(root)
    folder = checkout(root) or root
    compose = read_compose(files, folder, {})
    path = _mounted(compose, folder, _CONFIG) or _configs(folder)[0]
    hub = OldHub("", dict(PythonConfig(files, path, compose.environment).traits))
    for variable, name in _TRAITS.items():
        value = compose.environment.get(variable)
        if value and not any(trait.endswith(f".{name}") for trait in hub.traits):
            value = f"https://{value}" if variable == "GITHUB_HOST" else value
            said = Trait(value, f"the hub's environment: {variable}")
            hub.traits[f"OAuthenticator.{name}"] = said
    _userlist(files, hub, _mounted(compose, folder, _LIST) or folder / _LIST)
    hub.homes = _homes(hub)
    for name in compose.others:
        files.note(
            f"Service `{name}` beside the hub.",
            "Cyberhubs has a database and a front door of its own: look what else it did.",
        )
    needless = ["the compose file, its network, its ports and its volume of the hub's database"]
    return OldSystem("jupyterhub-deploy-docker", "deploy-docker", [hub], files.left, {}, needless)


def _mounted(compose: Compose, folder: Path, name: str) -> Path | None:
    """The file of the checkout that the hub sees under this name."""
    for target, source in compose.mounts.items():
        if target.endswith(f"/{name}") and (folder / source).is_file():
            return folder / source
    return None


def _userlist(files: Folder, hub: OldHub, path: Path) -> None:
    """Lines of a name, and the word `admin` after some. Its program adds them to what it has."""
    names = [line.split() for line in names_in(files, path).names]
    for words in names:
        if words[1:] not in ([], ["admin"]):
            files.note(
                f"`{files.show(path)}`: what stands after the name {words[0]}.",
                "Only the word admin means something there.",
            )
    admins = [words[0] for words in names if words[1:2] == ["admin"]]
    for trait, found in (("allowed_users", [words[0] for words in names]), ("admin_users", admins)):
        if found:
            hub.traits.pop("Authenticator.whitelist", None)
            hub.traits[f"Authenticator.{trait}"] = Trait(found, files.show(path))


def _homes(hub: OldHub) -> Homes:
    """Docker volumes, or folders, named by the member."""
    volumes = hub.traits.get("DockerSpawner.volumes")
    sources = volumes.value if volumes and isinstance(volumes.value, dict) else {}
    templates = [s for s in sources if isinstance(s, str) and "{" in s] or [
        "jupyterhub-user-{username}"
    ]
    prefix, _, suffix = templates[0].partition("{")
    suffix = suffix.partition("}")[2]
    if not _PLAIN.fullmatch(f"{prefix}{suffix}"):
        return Homes(f"`{templates[0]}` of the old server, where {{username}} is the name", "")
    if prefix.startswith("/"):
        return Homes(
            f"`{prefix}<name>{suffix}` of the old server",
            f"for folder in {prefix}*{suffix}/; do\n"
            f"  name=${{folder#{prefix}}} name=${{name%{suffix}/}}",
        )
    return Homes(
        f"Docker volumes `{prefix}<name>` of the old server, in which a hyphen of a name is `-2d`",
        f"for volume in $(docker volume ls --quiet --filter name=^{prefix}); do\n"
        "  folder=$(docker volume inspect --format '{{ .Mountpoint }}' \"$volume\")\n"
        f"  name=$(printf %s \"${{volume#{prefix}}}\" | sed 's/-2d/-/g; s/-5f/_/g')",
    )
