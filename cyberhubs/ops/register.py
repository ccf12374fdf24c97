"""The OAuth app of a hub at GitHub."""

import sys
from collections.abc import Callable
from getpass import getpass

from pydantic import SecretStr

from cyberhubs.errors import UserError
from cyberhubs.ops.access import hub_named
from cyberhubs.ops.stack import Stack
from cyberhubs.settings import GithubLogin, Settings, load
from cyberhubs.settings.stack_file import read_stack_file


def register(stack: Stack, hub: str) -> None:
    """Shows what to type at GitHub for the OAuth app of a hub, and takes its id and secret into the
    stack file, the secret encrypted."""
    settings = _as_if_registered(stack, hub)
    found = hub_named(settings, hub)
    assert isinstance(found.login, GithubLogin)
    site = found.login.url
    print(f"Register an OAuth app for hub {found.name} at {site}/settings/applications/new")
    print("(for an organization: its Settings > Developer settings > OAuth Apps > New):\n")
    print(f"  Application name            {found.title}")
    print(f"  Homepage URL                {settings.hub_url(found)}")
    print(f"  Authorization callback URL  {settings.callback(found)}\n")
    print("No wildcard, no device flow. Hubs may share an app that has the callback of each. Then")
    print("press Generate a new client secret there.\n")
    client_id = ask("Client ID: ", input)
    secret = ask("Client secret (it is not shown): ", getpass)
    key = f"cyberhubs:hubs.{found.name}.login"
    stack.set_config(f"{key}.kind", "github")
    stack.set_config(f"{key}.clientId", client_id)
    stack.set_config(f"{key}.clientSecret", secret, secret=True)
    print(f"\n{stack.file.name} has both. Go on with `make up STACK={stack.name}`.")


def _as_if_registered(stack: Stack, name: str) -> Settings:
    """The stack's settings, of whose hub it may not be said yet how members log in, nor of others with GitHub by
    which app."""
    raw, _ = read_stack_file(stack.file)
    hubs = raw.get("hubs")
    app = {"clientId": "none", "clientSecret": SecretStr("none")}
    for key, hub in hubs.items() if isinstance(hubs, dict) else ():
        login = hub.get("login") if isinstance(hub, dict) else None
        if name in ("", key) and isinstance(hub, dict):
            site = {"url": login["url"]} if isinstance(login, dict) and "url" in login else {}
            hub["login"] = {"kind": "github", **site, **app}
        elif isinstance(login, dict) and login.get("kind") == "github":
            hub["login"] = {**app, **login}
    return load(raw, stack.name, stack.file.parent)


def ask(what: str, read: Callable[[str], str]) -> str:
    """What somebody types, or gives by stdin. Raises UserError for nothing."""
    try:
        value = read(what).strip() if sys.stdin.isatty() else sys.stdin.readline().strip()
    except EOFError:
        value = ""
    if not value:
        raise UserError("Nothing was typed, and nothing changed. Run the same command again.")
    return value
