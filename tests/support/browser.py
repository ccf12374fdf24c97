"""A member with a real browser, which has a network of its own.

On the machine's own it would see each container that starts: an interface more, at which Chromium drops
all that it is loading (ERR_NETWORK_CHANGED).
"""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support import socks
from tests.support.install.browser import executable
from tests.support.waiting import eventually

OWN_NETWORK = Path(__file__).with_name("own_network.py")
PROXY_PORT = 1080
LIMIT_MS = 120_000  # for a page, or a kernel; whose machine is slower sets another


@contextmanager
def chromium(domain: str | None = None, address: str = "127.0.0.1") -> Iterator[Browser]:
    """Knows `domain`, if there is one, as the machine of `address`."""
    names = {domain: address} if domain else {}
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.create_server(f"{folder}/handover", family=socket.AF_UNIX) as handover,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=OWN_NETWORK,
            env={
                **os.environ,
                "BROWSER": str(executable()),
                "PROXY_PORT": str(PROXY_PORT),
                "PROXY_HANDOVER": f"{folder}/handover",
            },
            # Chromium refuses to run as root inside its own sandbox.
            chromium_sandbox=os.getuid() != 0,
            args=[
                f"--proxy-server=socks5://127.0.0.1:{PROXY_PORT}",
                "--proxy-bypass-list=<-loopback>",
            ],
        )
        try:
            with handover.accept()[0] as browsers:
                _, [listener], *_ = socket.recv_fds(browsers, 16, 1)
            with socks.serving(socket.socket(fileno=listener), names):
                yield browser
        finally:
            browser.close()


def sign_in(page: Page, name: str, password: str) -> None:
    """From the login page to an open JupyterLab."""
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    wait_for_lab(page, name)


def sign_in_by_github(page: Page, front: str, name: str) -> None:
    """From the front page to what follows GitHub's page of accounts."""
    page.goto(front)
    page.get_by_role("link", name="Test hub").click()
    page.get_by_role("button", name="Sign in with GitHub").click()
    page.get_by_role("button", name=f"Continue as {name}", exact=True).click()


def wait_for_lab(page: Page, name: str) -> None:
    """Until the server of who has signed in shows JupyterLab."""
    page.wait_for_url(f"**/user/{name}/lab**", timeout=LIMIT_MS)


def open_notebook(page: Page, front: str, hub: str, name: str, password: str) -> None:
    """From the front page, by the hub's link, to a notebook."""
    page.goto(front)
    page.get_by_role("link", name=hub).click()
    sign_in(page, name, password)
    new_notebook(page)


def new_notebook(page: Page) -> None:
    page.get_by_role("button", name="Python 3").first.click(timeout=LIMIT_MS)
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=LIMIT_MS)


def dismiss_what_it_missed(page: Page) -> None:
    """As a member does: a page that had no answer while the door was away may say that its server does not run."""
    page.add_locator_handler(
        page.get_by_role("dialog", name="Server unavailable or unreachable"),
        lambda dialog: dialog.get_by_role("button", name="Dismiss").click(),
    )


def run_cell(page: Page, code: str, number: int) -> None:
    """Runs `code` in cell `number` (from 0), the last one.

    Clicks it first, as a member does: a page that was not in front may have lost its choice.
    """
    cell = page.locator(".jp-Notebook .cm-content").nth(number)

    def chosen() -> bool:
        cell.click()
        expect(cell).to_be_focused(timeout=1000)
        return True

    eventually(chosen)
    page.keyboard.type(code)
    page.keyboard.press("Shift+Enter")


def output(page: Page, number: int = 0):
    """The output area of the cell that had the `number`-th output."""
    return page.locator(".jp-OutputArea-output").nth(number)
