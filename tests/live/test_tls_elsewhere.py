"""TLS ends at another server, on the same machine, which hands requests on to the front door."""

import random
import socket
import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.support.access import audited
from tests.support.certificates import Authority
from tests.support.deployment import ONE_HUB, Deployment, running
from tests.support.domain import DOMAIN
from tests.support.github.model import GitHub
from tests.support.github.server import github_server
from tests.support.networks import link
from tests.support.processes import wait_for_port

pytestmark = pytest.mark.slow

STACK = ONE_HUB.replace(
    "{{mode: none, port: {port}}}",
    f"{{{{mode: external, port: {{port}}}}}}\n  cyberhubs:domain: {DOMAIN}",
)
AUTHORITY = Authority()
URL = f"https://{DOMAIN}/core/"
VISITOR = "127.0.0.9"
CADDYFILE = """\
{{
	admin off
	auto_https disable_redirects
}}
https://{domain} {{
	bind {address}
	tls /srv/own/certificate.pem /srv/own/certificate.pem
	reverse_proxy 127.0.0.1:{port} {{
		header_up -X-Forwarded-Proto
		# As nginx and HAProxy do.
		header_up X-Forwarded-For "{{http.request.header.X-Forwarded-For}}, {{remote_host}}"
	}}
}}
"""


@pytest.fixture(scope="module")
def github() -> Iterator[GitHub]:
    with link("github") as own, github_server(own.gateway) as server:
        server.add_account("grace")
        yield server


@pytest.fixture(scope="module")
def stack(github: GitHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    deployment = Deployment(tmp_path_factory.mktemp("elsewhere"), "elsewhere", STACK)

    def by_github(config: dict[str, Any]) -> None:
        login = {"kind": "github", "url": github.url, "clientId": "x", "clientSecret": "x"}
        config["cyberhubs:hubs"]["core"]["login"] = login

    deployment.edit(by_github)
    app = github.add_app("Test hub", f"{URL}hub/oauth_callback")
    deployment.ops("register", "--hub", "core", stdin=f"{app.client_id}\n{app.client_secret}\n")
    with running(deployment):
        yield deployment


@pytest.fixture(scope="module")
def address(stack: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the server with the certificate listens."""
    own = tmp_path_factory.mktemp("server")
    address = f"127.77.{random.randrange(256)}.{random.randrange(1, 255)}"
    (own / "certificate.pem").write_text("".join(AUTHORITY.issue(DOMAIN)))
    caddyfile = CADDYFILE.format(domain=DOMAIN, address=address, port=stack.port)
    (own / "Caddyfile").write_text(caddyfile)
    for path in (own, *own.iterdir()):
        path.chmod(0o755)
    server = stack.engine.containers.run(
        stack.door.attrs["Image"],
        ["caddy", "run", "--config", "/srv/own/Caddyfile"],
        detach=True,
        user="root",
        network_mode="host",
        tmpfs={"/srv/door/state": "", "/run/door": ""},
        volumes=[f"{own}:/srv/own:ro"],
    )
    try:
        wait_for_port(443, address)
        yield address
    finally:
        server.remove(force=True)


@pytest.fixture
def visitor(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    look_up = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest, **more: look_up(address if host == DOMAIN else host, *rest, **more),
    )
    trust = ssl.create_default_context(cadata=AUTHORITY.pem)
    transport = httpx.HTTPTransport(verify=trust, local_address=VISITOR)
    with httpx.Client(
        follow_redirects=True, timeout=30, mounts={f"https://{DOMAIN}": transport}
    ) as visitor:
        yield visitor


def test_sign_in_is_by_https_and_cookies_are_secure(
    stack: Deployment, github: GitHub, visitor: httpx.Client
) -> None:
    page = visitor.get(f"{URL}hub/oauth_login?next=/core/hub/home")
    assert "Sign in to GitHub" in page.text, page.text
    (callback,) = parse_qs(urlsplit(str(page.url)).query)["redirect_uri"]
    assert callback == f"{URL}hub/oauth_callback"
    visitor.headers["X-Forwarded-For"] = "192.0.2.9"  # which they may say
    home = visitor.post(page.url, data={"login": "grace"})
    assert str(home.url) == f"{URL}hub/home", home.text
    ours = [cookie for cookie in visitor.cookies.jar if DOMAIN in cookie.domain]
    assert any(cookie.name == "jupyterhub-hub-login" for cookie in ours)
    assert [cookie.name for cookie in ours if not cookie.secure] == []
    assert audited(stack, "login")[-1]["address"] == VISITOR


def test_who_says_http_is_sent_to_https(stack: Deployment) -> None:
    told = httpx.get(f"{stack.front}core/hub/login", headers={"X-Forwarded-Proto": "http"})
    assert told.status_code == 308
    assert told.headers["Location"] == f"{URL}hub/login"


def test_status_says_who_has_the_certificate(stack: Deployment) -> None:
    assert "of the server before the front door" in stack.ops("status")
