"""Who may log in to an old hub, and how."""

from typing import Any
from urllib.parse import urlsplit

from cyberhubs_hub.shared.access_rules import AccessError, normalize

from cyberhubs.migrate.hub_traits import HubTraits, listed
from cyberhubs.migrate.old_system import Trait, Unread

_SHOWN = 20


def domain_of(hub: HubTraits) -> Trait | None:
    """Where a login sent people back to."""
    classes = [name.partition(".")[0] for name in hub.rest if name.endswith(".oauth_callback_url")]
    trait = hub.take("oauth_callback_url", of=classes or ("",))
    if trait is None:
        return None
    try:
        host = urlsplit(str(trait.value)).hostname
    except ValueError:
        host = None
    if not host:
        hub.leave(f"the callback ({trait.where}) is no address", "There is no domain in it.")
    return Trait(host, trait.where) if host else None


def carry_login(hub: HubTraits) -> None:
    """The OAuth app, but for its secret."""
    register = f"`make register STACK={hub.draft.stack} HUB={hub.name}`"
    if not hub.github:
        kind = f"`{hub.login.value}` ({hub.login.where})" if hub.login else "which is not known"
        hub.leave(
            f"the login, {kind}. What is written has one password for all, on the loopback",
            "Names are those of the old accounts. For a login with GitHub, put in their place the name that each "
            f"member has at GitHub, where the same one may be somebody else's; then {register}.",
        )
        return
    client, secret = hub.take("client_id"), hub.take("client_secret")
    if client and client.value:
        hub.carry("client id", client.where, ("login", "clientId"), str(client.value))
    found = secret is not None and secret.value
    hub.leave(
        f"the OAuth app's secret. It is in {secret.where}, and was not copied"
        if secret and found
        else "the OAuth app's secret, as none was found",
        f"{register} shows the callback that the app at GitHub needs, which is another one now, and takes id and "
        "secret, encrypted.",
    )
    if site := hub.take("github_url"):
        hub.carry("address of GitHub", site.where, ("login", "url"), site.value)


def carry_access(hub: HubTraits) -> None:
    """The lists. A hub is open only where the old one certainly was, to accounts of GitHub."""
    unknown = False
    found: dict[str, list[str]] = {}
    where: dict[str, str] = {}
    for key, traits in (
        ("blocked", ("blocked_users", "blacklist")),
        ("admins", ("admin_users",)),
        ("allowed", ("allowed_users", "whitelist")),
    ):
        before = len(hub.draft.left)
        trait = hub.take(*traits)
        found[key], where[key] = _names(hub, key, trait), trait.where if trait else ""
        unknown |= len(hub.draft.left) > before and key != "admins"
    for key in ("admins", "allowed"):
        if both := sorted({*found[key]} & {*found["blocked"]}):
            hub.leave(
                f"{', '.join(both)}, in `{key}` and in `blocked`",
                f"Blocked wins, as it did: they are not in `{key}` any more.",
            )
            found[key] = [name for name in found[key] if name not in both]
    for key, names in found.items():
        if names:
            hub.carry(f"{key}, {len(names)}", where[key], ("access", key), names)
    if organizations := hub.take("allowed_organizations", "github_organization_whitelist"):
        said = listed(organizations.value)
        names = [name for name in said if isinstance(name, str)]
        if len(names) < len(said):
            hub.computed("one of the organizations", organizations.where)
        if names:
            hub.carry("organizations", organizations.where, ("access", "organizations"), names)
    _open_or_not(hub, unknown)


def _names(hub: HubTraits, key: str, trait: Trait | None) -> list[str]:
    """Those of a list that GitHub can have, each once."""
    good: dict[str, None] = {}
    bad: list[str] = []
    for name in listed(trait.value) if trait else ():
        try:
            good[normalize(name.strip() if isinstance(name, str) else str(name))] = None
        except AccessError:
            bad.append("one that a program computes" if isinstance(name, Unread) else repr(name))
    if bad and trait:
        more = f" and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
        hub.leave(
            f"{', '.join(bad[:_SHOWN])}{more} ({trait.where}), no name that GitHub can have",
            f"Write the right one into `access`, `{key}`.",
        )
    return list(good)


def _open_or_not(hub: HubTraits, unknown: bool) -> None:
    everyone = hub.take("allow_all")
    said = everyone is not None and str(everyone.value).lower() in ("true", "yes", "on", "1")
    lists: dict[str, Any] = hub.draft.raw["hubs"][hub.name]["access"]
    if hub.github and not unknown and (said or hub.old.open):
        where = everyone.where if everyone else "no list of names"
        hub.carry("open to everyone", where, ("access", "everyone"), True)
    elif lists.get("allowed") or lists.get("organizations"):
        del lists["everyone"]
    else:
        was = (
            "it was open to all who had an account there" if said else "whom it let in is not known"
        )
        hub.leave(
            f"{was}. What is written lets in its admins alone",
            "Name members in `access`, or write `everyone: true` there.",
        )
