"""JupyterLab's page on a class's line, from the sign-in until a notebook can be opened, beside the plain way with
the same application. Both are visited twice by the same browser."""

import json
import time
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks.plain import plain_hub
from benchmarks.report import progress, show
from tests.support.browser import LIMIT_MS, chromium, wait_for_lab
from tests.support.deployment import Deployment
from tests.support.member import Member
from tests.support.traffic import Traffic

RUNS = 5
QUIET_MS = 2000  # after which all is loaded


def measure_page(deployment: Deployment, directory: Path) -> None:
    progress("measuring the first page, and that of the plain way")
    menu = json.loads(deployment.menu)
    with (
        plain_hub(deployment, directory, menu[0]["image"]) as (plain, password),
        chromium() as browser,
    ):
        ways = [(deployment.url, deployment.password), (plain, password)]
        visits = [[_visits(browser, *way, f"page{n}") for way in ways] for n in range(RUNS)]
    for number, which in enumerate(("first", "second")):
        ours, theirs = (
            [seconds[number] for seconds, _ in way] for way in zip(*visits, strict=True)
        )
        show(f"{which} page, slow line", ours, against=theirs, beside="the plain way's")
        ours, theirs = (traffic[number] for _, traffic in visits[-1])
        print(f"{f'{which} page loads':34} {ours}   the plain way's {theirs}", flush=True)


def _visits(browser: Browser, url: str, password: str, name: str) -> tuple[list[float], list[str]]:
    """Seconds of a first visit and of a second one, and what they load."""
    with browser.new_context() as context:
        page = context.new_page()
        traffic = Traffic(page, slow=True)
        seconds, loaded = [], []
        page.goto(f"{url}hub/login")
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password").fill(password)
        for go in (page.get_by_role("button", name="Sign in").click, page.reload):
            traffic.forget()
            began = time.monotonic()
            go()
            wait_for_lab(page, name)
            page.get_by_role("button", name="Python 3").first.wait_for(timeout=LIMIT_MS)
            seconds.append(time.monotonic() - began)
            page.wait_for_timeout(QUIET_MS)
            loaded.append(f"{traffic.bytes / 1e6:.2f} MB in {len(traffic.loaded)} requests")
    with Member(url, name) as member:
        member.sign_in(password).stop()
    return seconds, loaded
