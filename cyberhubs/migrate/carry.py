"""From what an old system said to a stack file's values."""

import re
from collections.abc import Iterable
from typing import Any

from cyberhubs.migrate.draft import EMAIL, TO_COME, Draft
from cyberhubs.migrate.hub_traits import HubTraits
from cyberhubs.migrate.old_system import OldHub, OldSystem, Trait, Unread
from cyberhubs.migrate.people import carry_access, carry_login, domain_of
from cyberhubs.migrate.servers import (
    carry_idle,
    carry_images,
    carry_interface,
    carry_limits,
    carry_volumes,
)
from cyberhubs.settings import load
from cyberhubs.settings.hubs import hub_name

_PARTS = (
    carry_login, carry_access, carry_volumes, carry_limits, carry_interface, carry_idle, carry_images
)  # fmt: skip
# What a hub of Cyberhubs does by itself, in its own way.
_NEEDLESS = re.compile(
    r"JupyterHub\.(hub_(connect_)?(ip|port|bind_url)|ip|port|bind_url|spawner_class|proxy_class"
    r"|cookie_secret(_file)?|proxy_auth_token|db_url|log_level|debug_\w+|cleanup_servers"
    r"|ssl_(cert|key)|confirm_no_ssl)"
    r"|\w*Spawner\.(use_internal_ip|network_name|remove(_containers)?|debug|hub_ip_connect|host_ip"
    r"|name_template|prefix|notebook_dir|cmd|http_timeout|start_timeout)"
    r"|(LocalAuthenticator|\w+Authenticator)\.create_(system_)?users|LocalProcessSpawner\.debug"
    r"|Application\.log_level|Traefik\w+\.\w+|SystemdSpawner\.(\w+_template|extra_paths|default_shell)"
    r"|ConfigurableHTTPProxy\.\w+|\w*OAuthenticator\.scope"
)
_REMEDIES = {
    "admin_access": "Admins look into no member's server here.",
    "environment": "Set it in the image: docs/how-to/images.md.",
    "logo_file": "Copy the picture beside the stack file, and name it there: `logo: logo.png`.",
    "post_stop_hook": "A hub here has no hooks.",
    "pre_spawn_hook": "A hub here has no hooks. It makes members' homes by itself.",
}
_HARMLESS = {"extra_host_config": {"network_mode"}, "extra_create_kwargs": {"user", "command"}}


def carry(system: OldSystem, stack: str) -> Draft:
    """All that can be. Raises SettingsError for a name that no stack can have."""
    draft = Draft(stack)
    hubs: dict[str, HubTraits] = {}
    for old in system.hubs:
        name = _name(draft, old, hubs)
        hub = hubs[name] = HubTraits(draft, name, old)
        draft.raw["hubs"][name] = _least(hub)
    load(draft.raw, stack)
    domains = [domain for hub in hubs.values() if (domain := domain_of(hub))]
    _site(draft, system, domains, all(hub.github for hub in hubs.values()))
    for hub in hubs.values():
        for part in _PARTS:
            part(hub)
        _rest(hub)
    draft.left[:0] = system.left
    draft.needless[:0] = system.needless
    return draft


def _least(hub: HubTraits) -> dict[str, Any]:
    """What a hub says of which nothing more is known: nobody enters it."""
    app = {"kind": "github", "clientId": TO_COME, "clientSecret": TO_COME}
    return {
        "title": "Core hub" if hub.name == "core" else hub.old.name or hub.name,
        "applications": ["corehub"],
        "interface": "choose" if hub.old.chooses else "lab",
        "login": app if hub.github else {"kind": "password"},
        "access": {"everyone": False},
        "limits": {"memory": "2G", "cpus": 1, "pids": 512},
        "idle": {"afterMinutes": 1440},
    }


def _rest(hub: HubTraits) -> None:
    """What no part has taken."""
    for name, trait in sorted(hub.rest.items()):
        known = _HARMLESS.get(name.partition(".")[2])
        asks_nothing = trait.value in (False, None, [], {}) or (
            known and isinstance(trait.value, dict) and trait.value.keys() <= known
        )
        if _NEEDLESS.fullmatch(name):
            hub.draft.needless.append(f"`{name}`")
        elif (word := name.partition(".")[2]) in _REMEDIES and trait.value:
            hub.leave(f"{name} ({trait.where})", _REMEDIES[word])
        elif isinstance(trait.value, Unread):
            hub.computed(name, trait.where)
        elif not asks_nothing:
            hub.leave(
                f"{name} ({trait.where})",
                "It is not carried over: docs/reference/stack-file.md has what a hub can be told.",
            )


def _name(draft: Draft, old: OldHub, taken: Iterable[str]) -> str:
    """The last part of a hub's address, as it was if it can be."""
    base = old.traits.get("JupyterHub.base_url")
    if base and not isinstance(base.value, Unread):
        old.traits.pop("JupyterHub.base_url")
        was = str(base.value).strip("/") or old.name
    else:
        was = old.name
    plain = re.sub(r"[^a-z0-9]+", "-", was.rpartition("/")[2].lower()).strip("-")[:30].strip("-")
    name = plain or "core"
    try:
        hub_name(name)
    except ValueError:
        name = f"hub-{name}"[:30].strip("-")
    first, number = name, 2
    while name in taken:
        name, number = f"{first[:27]}-{number}", number + 1
    if name != was:
        draft.leave(
            f"The address `/{was}`: the hub's is `/{name}/`.",
            "Tell members, who may have bookmarks. The front page names all hubs.",
        )
    return name


def _site(draft: Draft, system: OldSystem, domains: list[Trait], github: bool) -> None:
    """Domain, certificate and owner, which all hubs share."""
    site = system.site
    domains = [site["domain"], *domains] if "domain" in site else domains
    email, directory = site.get("email"), site.get("directory")
    if owner := site.get("owner"):
        numbers = [int(n) if n.isdecimal() else n for n in str(owner.value).split(":")]
        uid, gid = numbers if len(numbers) == 2 else (owner.value, owner.value)
        draft.take("owner of members' files", owner.where, (("user",), {"uid": uid, "gid": gid}))
    if github and domains:
        tls = {"mode": "acme", "email": EMAIL}
        if directory:
            tls["directory"] = directory.value
        first = domains[0]
        draft.take(
            f"domain {first.value}", first.where, (("domain",), first.value), (("tls",), tls)
        )
        if email and "domain" in draft.raw:
            draft.take("e-mail address", email.where, (("tls",), {**tls, "email": email.value}))
        for other in {d.value: d for d in domains if d.value != first.value}.values():
            draft.leave(
                f"The further domain {other.value} ({other.where}).",
                "A stack has one: let a web server send visitors on, or make two stacks.",
            )
    elif github:
        draft.leave(
            "No domain is known, so the front door listens on the loopback alone.",
            "Others come once `cyberhubs:domain` and `cyberhubs:tls` are there: docs/how-to/certificates.md.",
        )
    elif domains:
        draft.leave(
            f"The domain {domains[0].value} ({domains[0].where}).",
            "One password that all share is for the loopback alone. Once members log in with GitHub "
            f"(`make register`), write `cyberhubs:domain: {domains[0].value}` and `cyberhubs:tls: "
            f"{{mode: acme, email: {email.value if email else EMAIL}}}`.",
        )
