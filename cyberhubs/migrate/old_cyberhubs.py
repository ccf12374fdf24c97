"""The earlier, shell-script Cyberhubs: one hub in `multiuser`, or one in each `multihub/multiuser_NAME`."""

from pathlib import Path
from shlex import quote

from cyberhubs.migrate.compose import Compose, compose_file, read_compose
from cyberhubs.migrate.files import Folder
from cyberhubs.migrate.lists import names_in
from cyberhubs.migrate.old_system import Homes, Left, OldHub, OldSystem, Trait, Unread
from cyberhubs.migrate.python_config import PythonConfig

SCRIPT = "jupyterhub-config-script.sh"
_MARK, _TEMPLATE = "JUPYTER_HUB_", "multiuser_HUBNAME"
_HOMES, _LISTS = "/jupyterhub_users", "/srv/jupyterhub/access"
_TRAITS = {
    "JUPYTER_HUB_AUTH_CL": "JupyterHub.authenticator_class",
    "JUPYTER_HUB_AUTH_UR": "GitHubOAuthenticator.oauth_callback_url",
    "JUPYTER_HUB_CLNT_ID": "GitHubOAuthenticator.client_id",
    "JUPYTER_HUB_CLNT_SE": "GitHubOAuthenticator.client_secret",
    "JUPYTER_SGLEUSR_IMG": "DockerSpawner.image",
}
_ADMINS, _ALLOWED, _OWNER = "JUPYTER_HUB_ADMN_NM", "JUPYTER_HUB_WHT_LST", "JUPYTER_USERGROUPID"
_SPACES = ("JUPYTER_HUB_RO_PATH", "JUPYTER_HUB_VL_PATH")
_OURS = {*_TRAITS, _ADMINS, _ALLOWED, _OWNER, *_SPACES}
# What the script says before anybody has filled it in.
_EXAMPLES = (
    "github_oauth_clntID", "github_oauth_clntSecret", "admin_github_user_name",
    "https://server.name.org/hub/oauth_callback",
)  # fmt: skip


def hub_folders(root: Path) -> list[Path]:
    """Those of an old Cyberhubs in a folder; none in one of another kind."""
    places = [root, root / "multiuser", *sorted(root.glob("multiuser_*"))]
    places += sorted(root.glob("multihub/multiuser_*"))
    found = [place for place in places if place.name != _TEMPLATE and _is_hub(place)]
    if not found and (root / "scripts" / SCRIPT).is_file():
        found = [root]
    return found


def _is_hub(folder: Path) -> bool:
    files = (folder / "jupyterhub_config.py", compose_file(folder))
    return any(file and file.is_file() and _MARK in _peek(file) for file in files)


def _peek(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""


def read(root: Path) -> OldSystem:
    """What an old Cyberhubs in `root` says of its hubs."""
    files = Folder(root)
    system = OldSystem("the old Cyberhubs", "cyberhubs", [], files.left)
    folders = hub_folders(root)
    hubs = [_hub(files, system, folder) for folder in folders]
    used = [hub for hub in hubs if _filled_in(hub)]
    for folder, hub in zip(folders, hubs, strict=True):
        if used and hub not in used:
            files.note(
                f"`{files.show(folder)}` was never filled in.", "It is left out: nothing to do."
            )
    system.hubs = used or hubs
    if len(system.hubs) > 1:
        files.note(
            "Members had the same files on all hubs.",
            "Each hub has homes of its own: below they are copied to each of them.",
        )
    for gone in sorted(root.glob("**/backup_multiuser_*")):
        files.note(
            f"`{files.show(gone)}` is a hub that was deleted.",
            "It is left out: import that folder by itself to have it again.",
        )
    return system


def _filled_in(hub: OldHub) -> bool:
    trait = hub.traits.get("GitHubOAuthenticator.client_id")
    return trait is not None and bool(trait.value)


def _hub(files: Folder, system: OldSystem, folder: Path) -> OldHub:
    script = next(
        (
            p
            for p in (folder / "scripts" / SCRIPT, folder.parent / "scripts" / SCRIPT)
            if p.is_file()
        ),
        folder / "scripts" / SCRIPT,
    )
    noted = len(files.left)
    exported = files.shell_variables(script)
    compose = read_compose(files, folder, exported)
    clear = script.is_file() and len(files.left) == noted
    given = _given(files, script, exported)
    compose.variables = _without_examples(compose.variables)
    compose.environment = _without_examples(compose.environment)
    python = PythonConfig(files, folder / "jupyterhub_config.py", compose.environment)
    hub = OldHub(folder.name.partition("multiuser_")[2], dict(python.traits))
    where = {
        name: f"{files.show(script)}: {name}" if name in given else f"compose file or .env: {name}"
        for name in _OURS
    }
    said = {
        name: compose.environment.get(name, compose.variables.get(name, "")).strip()
        for name in _OURS
    }
    for name, trait in _TRAITS.items():
        hub.traits.pop(trait.replace(".image", ".container_image"), None)
        if said[name]:
            hub.traits[trait] = Trait(said[name], where[name])
        else:
            hub.traits.pop(trait, None)
    hub.images = [
        Trait(image, f"the form in {files.show(folder / 'jupyterhub_config.py')}")
        for image in python.options
        if "/" in image
    ]
    hub.chooses = {"labhub", "notebook"} <= {*python.options}
    access = folder / compose.mounts.get(_LISTS, "access")
    _lists(files, hub, access, said, where, clear)
    _spaces(hub, said, where)
    if said[_OWNER]:
        system.site.setdefault("owner", Trait(said[_OWNER].partition("=")[2], where[_OWNER]))
    source = compose.mounts.get(_HOMES, "/mnt/jupyterhub_users")
    hub.homes = Homes(
        f"`{source}/<name>` of the old server, which members saw as `/home/user/<name>_config`",
        f'for folder in {quote(source)}/*/; do\n  name=$(basename "$folder")',
    )
    _certificate(files, folder, compose)
    files.left += [
        Left(
            f"Service `{name}` of `{files.show(folder)}`.",
            "Cyberhubs has a front door of its own, and nothing else: it stays where it is.",
        )
        for name in compose.others
    ]
    system.needless += ["the compose file, its network and its ports, the image `multiuser`"]
    return hub


def _given(files: Folder, script: Path, exported: dict[str, str]) -> dict[str, str]:
    """What the script exports, without what nobody has filled in."""
    if not script.is_file():
        files.note(
            f"`{files.show(script)}` is not here.",
            "Admins, the OAuth app and data spaces are not carried over: fill them in.",
        )
    for name in sorted(exported.keys() - _OURS):
        files.note(
            f"`{files.show(script)}`: {name}, which Cyberhubs does not know.",
            "Look what it was for.",
        )
    given = _without_examples(exported)
    for name in exported.keys() - given.keys():
        files.note(
            f"`{files.show(script)}`: {name} was never filled in.", "It is taken as not given."
        )
    return given


def _without_examples(variables: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if value not in _EXAMPLES}


def _lists(
    files: Folder,
    hub: OldHub,
    access: Path,
    said: dict[str, str],
    where: dict[str, str],
    clear: bool,
) -> None:
    """`clear`: nothing that might name somebody is unread. Without any list all were let in; by one that was there without
    a name, nobody was."""
    wlist, blist = names_in(files, access / "wlist"), names_in(files, access / "blist")
    for trait, listed, variable, older in (
        ("allowed_users", (wlist.names, access / "wlist"), _ALLOWED, "whitelist"),
        ("blocked_users", (blist.names, access / "blist"), None, "blacklist"),
        ("admin_users", ([], access), _ADMINS, None),
    ):
        names, path = listed
        sources = [files.show(path)] if names else []
        if variable and (more := [one for one in said[variable].split(",") if one.strip()]):
            names, sources = [*names, *more], [*sources, where[variable]]
        for name in filter(None, (trait, older)):
            found = hub.traits.get(f"Authenticator.{name}")
            if found is None:
                continue
            if isinstance(found.value, Unread):
                clear = False  # and it is left, in words
                continue
            del hub.traits[f"Authenticator.{name}"]
            known = {str(one).lower() for one in names}
            if more := [one for one in found.value or () if str(one).lower() not in known]:
                names, sources = [*names, *more], [*sources, found.where]
        if names:
            key = f"Authenticator.{trait}"
            if key in hub.traits:  # one that a program computes
                hub.traits[f"Authenticator.{trait} itself"] = hub.traits[key]
            hub.traits[key] = Trait(names, " and ".join(sources))
    allowed = "Authenticator.allowed_users" in hub.traits
    hub.open = clear and not allowed and wlist.empty and blist.read


def _spaces(hub: OldHub, said: dict[str, str], where: dict[str, str]) -> None:
    """Where the configuration itself is not here, or computes them in another way."""
    for name, kind in zip(_SPACES, ("read_only_volumes", "volumes"), strict=True):
        source, _, target = said[name].partition(":")
        trait = hub.traits.get(f"DockerSpawner.{kind}")
        known = trait.value if trait and isinstance(trait.value, dict) else {}
        if source and source not in known:
            volumes = {**known, source: target.partition(":")[0]}
            hub.traits[f"DockerSpawner.{kind}"] = Trait(volumes, where[name])


def _certificate(files: Folder, folder: Path, compose: Compose) -> None:
    ssl = folder / compose.mounts.get("/srv/jupyterhub/SSL", "SSL")
    if (ssl / "ssl.crt").is_file():
        files.note(
            f"The certificate in `{files.show(ssl)}`.",
            "The front door gets one of its own, and renews it. To keep yours: docs/how-to/certificates.md.",
        )
