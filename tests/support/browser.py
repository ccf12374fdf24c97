"""A member with a real browser.

It runs on the machine that carries the containers, and whenever one starts, the machine's network
changes for a second or two (an interface more, which finds itself an address): Chromium drops what
it is loading then. So it waits until that is over.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from cyberhubs.install.browser import executable

LIMIT_MS = 120_000  # for a page, or a kernel; whose machine is slower sets another


@contextmanager
def chromium(domain: str | None = None) -> Iterator[Browser]:
    """Knows `domain`, if there is one, as this machine."""
    _wait_for_a_quiet_network()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable(),
            # Chromium refuses to run as root inside its own sandbox.
            chromium_sandbox=os.getuid() != 0,
            args=[f"--host-resolver-rules=MAP {domain} 127.0.0.1"] if domain else [],
        )
        try:
            yield browser
        finally:
            browser.close()


def sign_in(page: Page, name: str, password: str) -> None:
    """From the login page to an open JupyterLab."""
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    wait_for_lab(page, name)


def wait_for_lab(page: Page, name: str) -> None:
    """Until the server of who has signed in shows JupyterLab."""
    page.wait_for_url(f"**/user/{name}/lab**", timeout=LIMIT_MS)
    _wait_for_a_quiet_network()
    page.reload()


def open_notebook(page: Page, front: str, hub: str, name: str, password: str) -> None:
    """From the front page, by the hub's link, to a notebook."""
    page.goto(front)
    page.get_by_role("link", name=hub).click()
    sign_in(page, name, password)
    new_notebook(page)


def new_notebook(page: Page) -> None:
    page.get_by_role("button", name="Python 3").first.click(timeout=LIMIT_MS)
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=LIMIT_MS)


def run_cell(page: Page, code: str, number: int) -> None:
    """Runs `code` in cell `number` (from 0), the last one.

    Clicks it first, as a member does: a page that was not in front may have lost its choice.
    """
    cell = page.locator(".jp-Notebook .cm-content").nth(number)
    cell.click()
    expect(cell).to_be_focused()
    page.keyboard.type(code)
    page.keyboard.press("Shift+Enter")


def output(page: Page, number: int = 0):
    """The output area of the cell that had the `number`-th output."""
    return page.locator(".jp-OutputArea-output").nth(number)


def _wait_for_a_quiet_network(seconds: float = 3) -> None:
    """Until this machine's interfaces and addresses have been the same for so long."""
    deadline = time.monotonic() + 60
    seen, since = None, time.monotonic()
    while time.monotonic() - since < seconds:
        assert time.monotonic() < deadline, "this machine's network does not come to rest"
        interfaces = sorted(path.name for path in Path("/sys/class/net").iterdir())
        addresses = Path("/proc/net/if_inet6")  # with those that are still looked for
        now = interfaces, addresses.read_text() if addresses.exists() else ""
        if now != seen:
            seen, since = now, time.monotonic()
        time.sleep(0.1)
