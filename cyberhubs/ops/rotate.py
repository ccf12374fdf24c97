"""`make rotate`: another secret in the place of one that somebody may have seen, after saying what people notice of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from getpass import getpass

from cyberhubs.errors import UserError
from cyberhubs.layout import DataLayout
from cyberhubs.ops import rotate_keys as keys
from cyberhubs.ops.access import hub_named
from cyberhubs.ops.register import ask
from cyberhubs.ops.stack import Stack
from cyberhubs.ops.up import up
from cyberhubs.settings import GithubLogin, Hub, Settings
from cyberhubs.settings.host import OpenStackHostSettings, SshHostSettings
from cyberhubs.settings.problems import one_of
from cyberhubs.settings.tls import FileTls

AWAY = "The hub is away for some seconds, running servers are not."
METRICS = (
    "A Prometheus of yours is refused until it has the new one, by `make metrics`. The hubs are away for some seconds, "
    "running servers are not."
)


@dataclass(frozen=True)
class Secret:
    """`hub`: whose it is; None for one of the machine. `effect`: what people notice. `renew` can be run again after it
    was stopped anywhere, and goes on."""

    name: str
    hub: str | None
    effect: str
    renew: Callable[[], None]


def rotate(stack: Stack, secret: str = "", hub: str = "") -> None:
    """Renews a secret; with no name, lists what there is."""
    there = [*_secrets(stack)]
    if not secret:
        print(
            f"Secrets of stack {stack.name}. Renew one: make rotate STACK={stack.name} SECRET=…\n"
        )
        for one in there:
            of = f" HUB={one.hub}" if one.hub else ""
            print(f"SECRET={one.name}{of}\n    {one.effect}")
        if by_hand := [*_by_hand(stack.settings)]:
            print(f"\nBy hand, as docs/how-to/rotate-secrets.md says: {', '.join(by_hand)}.")
        return
    named = [one for one in there if one.name == secret]
    if not named:
        known = dict.fromkeys(one.name for one in there)
        raise UserError(f"Stack {stack.name} has no secret {secret!r} — {one_of(secret, known)}.")
    if not stack.exists:
        raise UserError(f"Stack {stack.name} has never been up: `make up STACK={stack.name}`.")
    wanted = hub_named(stack.settings, hub).name if named[0].hub else None
    found = next((one for one in named if one.hub == wanted), None)
    if found is None:
        raise UserError(f"Hub {wanted} has no {secret}: it logs its members in another way.")
    print(f"{found.effect}\n")
    found.renew()


def _secrets(stack: Stack) -> Iterator[Secret]:
    host = stack.settings.host
    for hub in stack.settings.hubs:
        yield from _of_hub(stack, hub)
    if stack.settings.metrics:
        yield Secret("metrics-token", None, METRICS, lambda: _metrics_token(stack))
    if isinstance(host, SshHostSettings):
        yield Secret("ssh-key", None, keys.SSH_KEY, lambda: keys.rotate_ssh_key(stack))
        yield Secret("host-key", None, keys.HOST_KEY, lambda: keys.rotate_host_key(stack))
    elif isinstance(host, OpenStackHostSettings):
        yield Secret("ssh-key", None, keys.IN_CLOUD, keys.by_hand)


def _by_hand(settings: Settings) -> Iterator[str]:
    """Those of the stack file that others give out."""
    yield from (f"the login of {registry}" for registry in settings.registries)
    for name, mount in settings.mounts.items():
        if mount.sshfs or (mount.rclone and mount.rclone.secrets):
            yield f"what opens mount {name}"
    if isinstance(settings.tls, FileTls):
        yield "the certificate's key"


def _of_hub(stack: Stack, hub: Hub) -> Iterator[Secret]:
    folder = DataLayout(stack.settings.host.data_path).hub(hub.name).secrets

    def made_anew(name: str, file: str, effect: str) -> Secret:
        def renew() -> None:
            # `up` makes a secret that is gone, and starts again who has read it.
            up(stack, without=f"{folder}/{file}")
            print(f"\nHub {hub.name} has another {name}; the old one opens nothing any more.")

        return Secret(name, hub.name, f"{effect} {AWAY}", renew)

    login = hub.login
    if isinstance(login, GithubLogin):
        yield Secret(
            "client-secret",
            hub.name,
            "Nobody notices anything: an app at GitHub may have two secrets until you delete the old one.",
            lambda: _client_secret(stack, hub, login),
        )
        yield made_anew(
            "crypt-key",
            "crypt_key",
            "Who is in as a member of an organization or team signs in again at the next visit; until then they stay "
            f"for {login.grace_hours} hours.",
        )
    else:
        yield made_anew(
            "password",
            "password",
            "Who signs in from now on needs the new one, by `make password`. Who is signed in stays so: rotate "
            "cookie-secret as well to end that.",
        )
    yield made_anew(
        "cookie-secret",
        "cookie_secret",
        "Everybody signs in again at their next visit to the hub; open notebooks go on.",
    )
    yield made_anew(
        "proxy-token",
        "proxy_token",
        "Open pages lose their connection for some seconds; kernels go on, and nobody signs in again.",
    )


def _metrics_token(stack: Stack) -> None:
    up(stack, without=DataLayout(stack.settings.host.data_path).metrics_token)
    print(
        "\nThe figures have another token; the old one opens nothing any more. Give a Prometheus of yours the new one: "
        f"make -s metrics STACK={stack.name}"
    )


def _client_secret(stack: Stack, hub: Hub, login: GithubLogin) -> None:
    """Of all hubs that share the app."""
    print(f"Open the OAuth app with client id {login.client_id} at {login.url}/settings/developers")
    print("(of an organization: its Settings > Developer settings > OAuth Apps), and press")
    print("Generate a new client secret there. Keep the old one until this is done.\n")
    secret = ask("Client secret (it is not shown): ", getpass)
    for one in stack.settings.github_hubs:
        assert isinstance(one.login, GithubLogin)
        if (one.login.client_id, one.login.url) == (login.client_id, login.url):
            stack.set_config(f"cyberhubs:hubs.{one.name}.login.clientSecret", secret, secret=True)
    up(stack)
    print(
        f"\nHub {hub.name} uses it. Delete the old one at GitHub now, where it is good until then."
    )
