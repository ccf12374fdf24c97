"""A server that nobody uses is stopped, be a tab of it open; one that is at work is not, though its page is closed."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.access import at_work, server_of
from tests.support.browser import chromium
from tests.support.deployment import ONE_HUB, Deployment, running
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow

IDLE_S = 60
OPEN_TAB_S = 2 * IDLE_S
WORK_S = 4 * IDLE_S
# As a fit does, step by step: two in a thousand of a core.
BURSTS = f"""
import time
end = time.monotonic() + {WORK_S}
while time.monotonic() < end:
    sum(range(10**6))
    time.sleep(15)
"""
# A program of its own, beside an idle kernel, with some 30 kB each second.
TRANSFER = f"""
import subprocess
subprocess.Popen(["sh", "-c", '''
end=$(($(date +%s) + {WORK_S}))
while [ "$(date +%s)" -lt $end ]; do
    head -c 300000 /dev/zero | curl -s -o /dev/null --data-binary @- http://hub:8081/core/hub/health
    sleep 10
done
'''])
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    limits = "limits: {{memory: 1G, cpus: 2, pids: 256}}"
    minutes = f"afterMinutes: {IDLE_S // 60}, openTabMinutes: {OPEN_TAB_S // 60}"
    first = ONE_HUB.replace(limits, f"{limits}\n      idle: {{{{{minutes}}}}}")
    first = first.replace("[grace, katherine]", "[grace, katherine, joan, mary]")
    with running(Deployment(tmp_path_factory.mktemp("idle"), "idle", first)) as stack:
        figures: Any = stack.container("hub").stats(stream=False)
        if figures["read"].startswith("0001"):
            pytest.skip("this engine has no figures of its containers, so nobody is known to idle")
        yield stack


def test_what_is_at_work_goes_on_and_what_is_left_open_is_stopped(stack: Deployment) -> None:
    def runs(name: str) -> bool:
        return server_of(stack, name) in stack.containers()

    at_it = ("grace", "katherine", "joan")
    with ExitStack() as pages:
        grace, katherine, joan, mary = (
            pages.enter_context(at_work(stack, name)) for name in (*at_it, "mary")
        )
        with grace.kernel().connected() as connection:
            connection.begin(BURSTS)
        katherine.type_in_terminal(f"sleep {WORK_S}")
        joan.kernel().run(TRANSFER)
        left_open = pages.enter_context(mary.kernel().connected())
        left_open.run("1")
        began, stopped_s = time.monotonic(), 0.0
        while (passed_s := time.monotonic() - began) < WORK_S - 10:
            assert [name for name in at_it if not runs(name)] == []
            if not stopped_s and not runs("mary"):
                stopped_s = passed_s
            elif not stopped_s:
                mary.http.get(f"{mary.server}api/kernels")  # as a page asks for news
            time.sleep(5)  # and look again: they must run at each moment until then
        assert stopped_s >= OPEN_TAB_S
        eventually(lambda: not any(map(runs, at_it)), 4 * IDLE_S)


def test_who_has_a_page_open_is_warned_and_keeps_the_server_by_a_click(stack: Deployment) -> None:
    pages = {"katherine": "tree", "grace": "lab"}  # Notebook and JupyterLab
    with ExitStack() as at_end:
        browser = at_end.enter_context(chromium())
        shown: dict[str, Page] = {}
        for name, path in pages.items():
            member = at_end.enter_context(at_work(stack, name))
            member.kernel().run("1")
            shown[name] = page = browser.new_context().new_page()
            page.goto(f"{member.server}{path}")
            page.get_by_label("Username").fill(name)
            page.get_by_label("Password").fill(stack.password)
            page.get_by_role("button", name="Sign in").click()
        for page in shown.values():
            warning = page.get_by_role("alert").filter(has_text="Nothing was run here")
            expect(warning).to_be_visible(timeout=OPEN_TAB_S * 1000)
        shown["katherine"].get_by_role("button", name="Keep it").click()
        expect(shown["katherine"].get_by_role("alert")).to_have_count(0, timeout=20_000)
        eventually(lambda: server_of(stack, "grace") not in stack.containers(), 2 * OPEN_TAB_S)
        # Its kernel is the older one of the two.
        assert server_of(stack, "katherine") in stack.containers()
        expect(shown["katherine"].get_by_role("alert")).to_have_count(0)
        eventually(lambda: server_of(stack, "katherine") not in stack.containers(), 2 * OPEN_TAB_S)
