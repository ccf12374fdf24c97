"""What members expect of corehub, through the page: pages of their own programs, git, links that bring a
repository, and how much of the limits is in use."""

import time
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support.access import at_work
from tests.support.browser import LIMIT_MS, chromium, sign_in
from tests.support.deployment import Deployment
from tests.support.member import Member
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow

PORT = 8501
GB = 2**30
DASHBOARD = f"""
import http.server, threading, time

class Dashboard(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if self.path == "/" else "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        if self.path == "/":
            return self.wfile.write(b"<h1>My dashboard</h1>")
        for number in range(2):
            self.wfile.write(f"data: {{number}}\\n\\n".encode())
            time.sleep(3)  # so that an event which comes at once is told from one that waits for the next

server = http.server.ThreadingHTTPServer(("127.0.0.1", {PORT}), Dashboard)
threading.Thread(target=server.serve_forever, daemon=True).start()
"""
REPOSITORY = """
import os, subprocess
os.environ.update(GIT_AUTHOR_NAME="x", GIT_AUTHOR_EMAIL="x", GIT_COMMITTER_NAME="x", GIT_COMMITTER_EMAIL="x")
script = '''set -e
cd ~; rm -rf course source
git init -q -b main source; cd source
echo hello >lesson.txt; git add .; git commit -qm first
git clone -q --bare . /tmp/course'''
print(subprocess.run(["bash", "-c", script]).returncode)
"""


@pytest.fixture
def grace(deployment: Deployment) -> Iterator[Member]:
    with at_work(deployment, "grace") as grace:
        yield grace
        grace.stop()


@pytest.fixture
def page(deployment: Deployment, grace: Member) -> Iterator[Page]:
    """Hers, signed in, with JupyterLab open."""
    with chromium() as browser:
        page = browser.new_page()
        page.goto(f"{deployment.url}hub/login")
        sign_in(page, grace.name, deployment.password)
        page.get_by_role("button", name="Python 3").first.wait_for(timeout=LIMIT_MS)
        yield page


def test_a_dashboard_opens_at_its_port_and_for_nobody_else(
    deployment: Deployment, grace: Member, page: Page
) -> None:
    grace.kernel().run(DASHBOARD)
    dashboard = f"{grace.server}proxy/{PORT}/"
    page.goto(dashboard)
    expect(page.get_by_role("heading", name="My dashboard")).to_be_visible()
    as_a_browser = {"Accept": "text/event-stream"}
    with grace.http.stream("GET", f"{dashboard}events", headers=as_a_browser) as events:
        lines = (line for line in events.iter_lines() if line)
        assert next(lines) == "data: 0"
        first = time.monotonic()
        assert next(lines) == "data: 1"
        assert time.monotonic() - first > 1
    with Member(deployment.url, "katherine") as katherine:
        katherine.sign_in(deployment.password)
        assert katherine.http.get(dashboard).status_code in (403, 404)
    stranger = httpx.get(dashboard, follow_redirects=True)
    assert "/hub/login" in str(stranger.url)
    # Nor does it lead to other machines.
    assert grace.http.get(f"{grace.server}proxy/hub:8081/core/hub/health").status_code == 403


def test_git_is_at_hand(grace: Member, page: Page) -> None:
    assert grace.kernel().run(REPOSITORY) == "0"
    grace.kernel().run("open('source/new.txt', 'w').close()")
    status = grace.http.post(f"{grace.server}git/source/status", headers=grace.server_headers)
    assert [(file["x"], file["to"]) for file in status.json()["files"]] == [("?", "new.txt")]
    page.get_by_role("tab", name="Git", exact=True).click()
    expect(page.get_by_role("button", name="Clone a Repository")).to_be_visible()


def test_a_git_identity_is_kept(grace: Member) -> None:
    git = "import subprocess; print(subprocess.getoutput('git config --global user.name{}'))"
    grace.kernel().run(git.format(" Grace"))
    grace.stop()
    grace.start()
    assert grace.kernel().run(git.format("")) == "Grace"


def test_a_link_brings_a_repository(deployment: Deployment, grace: Member, page: Page) -> None:
    assert grace.kernel().run(REPOSITORY) == "0"
    repository = quote("file:///tmp/course", safe="")
    lesson = quote("lab/tree/course/lesson.txt", safe="")
    asked = f"git-pull?repo={repository}&branch=main&urlpath={lesson}"
    page.goto(f"{deployment.url}hub/user-redirect/{asked}")
    page.wait_for_url("**/lab/tree/course/lesson.txt**", timeout=LIMIT_MS)
    home = deployment.data / "jupyterhub_users/core/grace"
    assert (home / "course/lesson.txt").read_text() == "hello\n"


def test_resource_usage_shows_the_hub_s_limits(grace: Member, page: Page) -> None:
    def measured() -> bool:
        usage = grace.http.get(f"{grace.server}api/metrics/v1").json()
        assert usage["limits"]["memory"]["rss"] == GB
        assert usage["limits"]["cpu"]["cpu"] == 2
        return 20e6 < usage["pss"] < GB

    eventually(measured)
    expect(page.get_by_text("/ 1024.00 MB")).to_be_visible(timeout=LIMIT_MS)
