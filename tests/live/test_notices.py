"""What a hub says on the pages of members' servers: its program alone, in a page with a clock and a server of the test's.
Members' own pages are test_idle.py's and test_rescue.py's."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.support.browser import chromium
from tests.support.deployment import PROJECT

NOTICES = PROJECT / "components/hub/notices.js"
BEGIN = datetime(2026, 11, 23, 12, tzinfo=UTC)
LIMIT_M = 60
MINUTE_MS = 60_000
# What JupyterLab's loader does with an extension, and the little of JupyterLab that this one uses.
JUPYTERLAB = """
async (notifies) => {
  window.shown = new Map();
  const show = (message, options) => {
    const id = crypto.getRandomValues(new Uint8Array(8)).join("");
    shown.set(id, { message, ...options });
    return id;
  };
  const dismiss = (id) => shown.delete(id);
  const Notification = { warning: show, error: show, dismiss };
  const ServerConnection = { makeRequest: (url, init) => fetch(url, init) };
  const module = (content) => ({ "1.0.0": { get: async () => () => content } });
  await _JUPYTERLAB.cyberhubs.init({
    "@jupyterlab/apputils": module(notifies ? { Notification } : {}),
    "@jupyterlab/notebook": module({ INotebookTracker: "a token" }),
    "@jupyterlab/services": module({ ServerConnection }),
    "@jupyterlab/statedb": module({ IStateDB: "another" }),
  });
  const [plugin] = (await _JUPYTERLAB.cyberhubs.get("./extension"))().default;
  const atWork = () => fetch("/at-work");
  const kernel = { requestExecute: () => ({ done: atWork() }), dispose: () => {} };
  const terminal = { messageReceived: { connect: (hear) => atWork().then(hear) }, dispose: () => {} };
  const sessionContext = { statusChanged: { connect: (hear) => (window.says = hear) } };
  const serviceManager = {
    serverSettings: { baseUrl: "/" },
    kernels: { connectTo: () => kernel },
    terminals: { connectTo: () => terminal },
  };
  const tracker = { widgetAdded: { connect: (added) => added(null, { sessionContext }) } };
  await plugin.activate({ serviceManager, restored: Promise.resolve() }, tracker);
}
"""
# Once the page has had the answers that it was waiting for.
SHOWN = """
async () => {
  for (let turn = 0; turn < 5; turn++) await fetch("/turn").catch(() => {});
  return [...shown.values()].map((one) => one.message);
}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


class Server:
    """What the page asks. `at`: its time; `last`: when its kernel was at work; both in minutes after BEGIN."""

    def __init__(self, page: Page, says: dict[str, Any], *, notifies: bool = True) -> None:
        self.page, self.at, self.last = page, 0, 0
        self.kinds, self.state, self.answers = ["kernels"], "idle", True
        self.killed = ""
        self._says = {"openTabMinutes": LIMIT_M, "disk": "", "killed": "/killed", **says}
        self.errors: list[Any] = []
        page.on("pageerror", lambda error: self.errors.append(error))
        page.route("**", self._answer)
        page.clock.install(time=BEGIN + timedelta(hours=5))  # a visitor's clock that is wrong
        page.goto("http://server.test/lab")
        page.add_script_tag(path=NOTICES)
        page.evaluate(JUPYTERLAB, notifies)

    def _answer(self, route: Route) -> None:
        kind = route.request.url.partition("http://server.test/")[2].partition("?")[0]
        if kind == "lab":
            config = json.dumps({"cyberhubs": self._says})
            page = f'<script id="jupyter-config-data" type="application/json">{config}</script>'
            route.fulfill(content_type="text/html", body=page)
        elif kind == "killed":
            route.fulfill(json={"says": self.killed})
        elif self.answers:
            if kind == "at-work":
                self.last = self.at
            time = BEGIN + timedelta(minutes=self.last)
            one = {"last_activity": time.isoformat(), "execution_state": self.state}
            route.fulfill(
                headers={"Date": f"{BEGIN + timedelta(minutes=self.at):%a, %d %b %Y %H:%M:%S} GMT"},
                json=[one] if kind.removeprefix("api/") in self.kinds else [],
            )
        else:
            route.abort()

    def shows(self, at: int | None = None) -> list[str]:
        """What the page shows, where `at` is given at that minute."""
        later, self.at = (1, self.at) if at is None else (at - self.at, at)
        self.page.clock.fast_forward(max(1, later) * MINUTE_MS)
        return self.page.evaluate(SHOWN)

    def click(self) -> None:
        self.page.evaluate("[...shown.values()][0].actions[0].callback()")


Visit = Callable[..., Server]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    with browser.new_context(timezone_id="UTC", locale="en-GB") as context:
        yield lambda says={}, **more: Server(context.new_page(), says, **more)


def test_a_page_of_an_idle_server_says_so_in_the_last_minutes_and_once(visit: Visit) -> None:
    server = visit()
    assert server.shows(at=49) == []
    [says] = server.shows(at=50)
    assert "Nothing was run here since 17:00" in says and "stops at 18:00" in says
    assert len(says) < 130  # of 140 that are shown, as a time may be longer
    assert server.shows(at=51) == [says]
    server.page.evaluate("shown.clear()")  # it is closed
    assert server.shows(at=52) == []


def test_it_comes_in_the_second_half_of_a_short_time(visit: Visit) -> None:
    server = visit({"openTabMinutes": 6})
    assert server.shows(at=2) == []
    assert len(server.shows(at=3)) == 1


@pytest.mark.parametrize("kind", ["kernels", "terminals"])
def test_a_click_keeps_the_server_and_the_notice_goes(visit: Visit, kind: str) -> None:
    server = visit()
    server.kinds = [kind]
    assert len(server.shows(at=55)) == 1
    server.click()
    assert server.shows() == [] and server.last == 55
    assert server.shows(at=104) == []
    assert len(server.shows(at=105)) == 1


def test_it_goes_when_something_is_run_and_stays_where_a_click_could_not_keep_it(
    visit: Visit,
) -> None:
    server = visit()
    [says] = server.shows(at=50)
    server.answers = False
    server.click()
    assert [text[:30] for text in server.shows()] == [says[:30], "This server could not be kept."]
    server.page.evaluate("shown.delete([...shown.keys()].pop())")
    server.answers, server.last = True, 51
    assert server.shows(at=51) == []


def test_what_is_at_work_or_of_another_program_or_has_no_limit_is_let_be(visit: Visit) -> None:
    server = visit()
    server.state = "busy"
    assert server.shows(at=70) == []
    server.state, server.kinds = "idle", []
    assert server.shows() == []
    server.kinds = ["kernels"]
    assert len(server.shows()) == 1
    assert visit({"openTabMinutes": 0}).shows(at=10_000) == []


def test_a_full_disk_is_said_at_once_and_a_jupyterlab_that_cannot_is_let_be(visit: Visit) -> None:
    assert visit({"disk": "It is full."}).shows() == ["It is full."]
    assert visit({"leftOut": "Some is left out."}).shows() == ["Some is left out."]
    old = visit({"disk": "It is full."}, notifies=False)
    assert old.shows() == [] and old.errors == []


def test_of_a_kernel_that_ends_by_itself_the_page_says_what_the_hub_knows(visit: Visit) -> None:
    server = visit()
    server.page.evaluate("says(null, 'autorestarting')")
    assert server.shows() == []
    server.killed = "It was killed."
    server.page.evaluate("says(null, 'idle')")
    assert server.shows() == []
    server.page.evaluate("says(null, 'autorestarting')")
    assert server.shows() == ["It was killed."]
