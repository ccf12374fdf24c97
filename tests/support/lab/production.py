"""What a production stack says, for a machine of the lab: a domain, a certificate of an ACME authority, accounts of GitHub."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from playwright.sync_api import expect

from tests.support.access import say
from tests.support.acme_server import AcmeServer
from tests.support.browser import (
    LIMIT_MS,
    chromium,
    new_notebook,
    output,
    run_cell,
    sign_in_by_github,
    wait_for_lab,
)
from tests.support.certificates import Authority
from tests.support.deployment import changes
from tests.support.domain import DOMAIN
from tests.support.github.server import github_server
from tests.support.lab.deployment import RemoteDeployment
from tests.support.waiting import eventually

URL = f"https://{DOMAIN}/"
VALIDITY_S = 24 * 3600


class Certificates(NamedTuple):
    """What the stack file says of them, and the PEM of the authority that signs them."""

    tls: dict[str, Any]
    root: str


Of = Callable[[Path, str, str], AbstractContextManager[Certificates]]


@contextmanager
def acme(directory: Path, address: str, gateway: str) -> Iterator[Certificates]:
    server = AcmeServer(directory, gateway, address, 443, 80).start(VALIDITY_S)
    try:
        yield Certificates(server.tls, server.root)
    finally:
        server.stop()


@contextmanager
def files(directory: Path, address: str, gateway: str) -> Iterator[Certificates]:
    authority = Authority()
    certificate, key = authority.issue(DOMAIN)
    yield Certificates({"mode": "files", "certificate": certificate, "key": key}, authority.pem)


@contextmanager
def production(
    stack: RemoteDeployment, of: Of, directory: Path, address: str, gateway: str
) -> Iterator[ssl.SSLContext]:
    """Up as in production, and afterwards as before; whom the domain's visitors trust. `address`: the machine's;
    `gateway`: what it reaches this one at, where authority and GitHub are."""
    before = stack.file.read_text()
    with of(directory, address, gateway) as certificates, github_server(gateway) as github:
        for name in ("grace", "katherine", "mallory"):
            github.add_account(name)
        app = github.add_app("Test hub", f"{URL}core/hub/oauth_callback")

        def edit(config: dict[str, Any]) -> None:
            config["cyberhubs:domain"] = DOMAIN
            config["cyberhubs:tls"] = certificates.tls
            config["cyberhubs:hubs"]["core"]["login"] = {"kind": "github", "url": github.url}

        stack.edit(edit)
        try:
            of_app = f"{app.client_id}\n{app.client_secret}\n"
            stack.ops("register", "--hub", "core", stdin=of_app)
            stack.ops("up")
            trust = ssl.create_default_context(cadata=certificates.root)
            trust.verify_flags &= ~ssl.VERIFY_X509_STRICT  # pebble's certificates are for tests
            yield trust
        finally:
            stack.write(before)
            stack.ops("up")


def members_work(stack: RemoteDeployment, trust: ssl.SSLContext, address: str, name: str) -> None:
    """Who may, until the list names another; and nobody else. `name`: who has opened no notebook there yet."""

    def is_trusted() -> bool:
        with socket.create_connection((address, 443), 10) as connection:
            return bool(trust.wrap_socket(connection, server_hostname=DOMAIN).getpeercert())

    eventually(is_trusted)
    by_http = httpx.get(f"http://{address}/core/", headers={"Host": DOMAIN})
    assert by_http.headers["location"] == f"{URL}core/"
    with chromium(DOMAIN, address) as browser:
        page = browser.new_page(ignore_https_errors=True, viewport={"width": 1280, "height": 800})
        sign_in_by_github(page, URL, name)
        wait_for_lab(page, name)
        new_notebook(page)
        run_cell(page, "open('kept.txt', 'w').write('orbit'); print('answer', 6 * 7)", 0)
        expect(output(page)).to_contain_text("answer 42", timeout=LIMIT_MS)
        page.screenshot(path=stack.directory / "production.png")
        other = browser.new_context(ignore_https_errors=True).new_page()
        sign_in_by_github(other, URL, "mallory")
        expect(other.get_by_text("mallory is blocked on this hub.")).to_be_visible()
        say(stack, allowed=["hopper"])
        assert changes(stack.ops("up"))["updated"] == 1
        expect(page.get_by_role("dialog")).to_contain_text("is not running", timeout=60_000)
    assert set(changes(stack.ops("up"))) == {"unchanged"}
