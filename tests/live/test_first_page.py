"""JupyterLab's page over the line: compressed and loaded once, and nothing else is touched on its way."""

import json
import time
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Request

from tests.support.access import at_work
from tests.support.browser import LIMIT_MS, chromium, new_notebook, sign_in
from tests.support.deployment import Deployment
from tests.support.member import Member
from tests.support.traffic import Traffic
from tests.support.waiting import eventually

MB = 1_000_000
FOR_GOOD = "private, max-age=31536000, immutable"
EACH_TIME = "private, no-cache"


@pytest.fixture
def grace(deployment: Deployment) -> Iterator[Member]:
    with at_work(deployment, "grace") as grace:
        yield grace
        grace.stop()


def test_the_first_visit_is_light_and_the_second_next_to_nothing(deployment: Deployment) -> None:
    with chromium() as browser:
        page = browser.new_page()
        traffic = Traffic(page)
        page.goto(f"{deployment.url}hub/login")
        page.wait_for_load_state("networkidle")
        traffic.forget()
        sign_in(page, "ada", deployment.password)
        notebook = page.get_by_role("button", name="Python 3").first
        notebook.wait_for(timeout=LIMIT_MS)
        page.wait_for_load_state("networkidle")
        first, programs = traffic.bytes, []
        for loaded in traffic.loaded:
            if loaded.bytes > 4096 and "/user/" in loaded.url and ".js" in loaded.url:
                programs.append(loaded)
                assert loaded.headers["content-encoding"] in ("zstd", "gzip"), loaded
                assert loaded.headers["cache-control"] == FOR_GOOD, loaded
        assert len(programs) > 20
        assert first < 2 * MB
        # Most of it while the server started, and not again.
        paths = [httpx.URL(it.url).path.partition("/user/ada/")[2] for it in traffic.loaded]
        kept = [path for path in paths if "/main." in path or "/jlab_core." in path]
        assert len(kept) == 2
        if pending := [
            it for it in traffic.loaded if "/spawn-pending/" in it.url
        ]:  # none: too fast
            assert max(paths.index(path) for path in kept) < paths.index("lab"), pending

        traffic.forget()
        page.reload()
        notebook.wait_for(timeout=LIMIT_MS)
        page.wait_for_load_state("networkidle")
        assert [loaded.url for loaded in traffic.loaded if ".js" in loaded.url] == []
        assert traffic.bytes < 0.1 * MB
    with Member(deployment.url, "ada") as ada:
        ada.sign_in(deployment.password).stop()


def test_what_was_open_is_open_again(deployment: Deployment) -> None:
    """Although the page does not wait until it has saved what it reads."""
    with chromium() as browser:
        page = browser.new_page()
        page.goto(f"{deployment.url}hub/login")
        sign_in(page, "ada", deployment.password)
        with page.expect_request(saves_notebook, timeout=LIMIT_MS):
            new_notebook(page)
        page.reload()
        tab = page.get_by_role("main").get_by_role("tab", name="Untitled.ipynb")
        tab.wait_for(timeout=LIMIT_MS)
        page.goto(f"{deployment.url}user/ada/lab?reset")
        page.get_by_role("button", name="Python 3").first.wait_for(timeout=LIMIT_MS)
        assert tab.count() == 0
    with Member(deployment.url, "ada") as ada:
        ada.sign_in(deployment.password).stop()


def saves_notebook(request: Request) -> bool:
    """Of the page's layout."""
    of_layout = request.method == "PUT" and "/lab/api/workspaces/" in request.url
    return of_layout and "Untitled.ipynb" in (request.post_data or "")


def test_what_all_servers_show_first_the_door_has_itself(deployment: Deployment) -> None:
    kept = deployment.data / "door/live/first-page/core"
    (core,) = kept.glob("static/lab/jlab_core.*.js")
    (git,) = kept.glob("lab/extensions/@jupyterlab/git/static/remoteEntry.*.js")
    with Member(deployment.url, "ada") as ada, httpx.Client() as stranger:
        ada.sign_in(deployment.password).stop()
        ada.http.get(f"{ada.hub}hub/pass/user/ada/", follow_redirects=False)
        for file in (core, git):
            url = f"{ada.server}{file.relative_to(kept)}"
            answer = ada.http.get(url)
            assert (answer.status_code, answer.content) == (200, file.read_bytes())
            assert answer.headers["content-encoding"] == "gzip"
            assert answer.headers["cache-control"] == FOR_GOOD
            assert stranger.get(url).headers["location"].startswith("/core/hub/pass/user/ada/")
            other = url.replace(
                file.name, f"{file.name[:-4]}{'0' if file.name[-4] != '0' else '1'}.js"
            )
            assert ada.http.get(other, follow_redirects=False).status_code != 200


def ask(grace: Member, path: str, **headers: str) -> httpx.Response:
    answer = grace.http.get(
        f"{grace.server}{path}",
        headers={name.replace("_", "-"): it for name, it in headers.items()},
    )
    assert answer.status_code < 400, answer
    return answer


def test_a_look_at_the_front_page_is_no_warning(deployment: Deployment) -> None:
    began = time.time()

    def logged() -> str:
        return deployment.door.logs(since=began).decode()

    assert 'class="state up"' in httpx.get(deployment.front).text
    same = "caddy reload --config /srv/door/live/Caddyfile --adapter caddyfile --address unix//run/door/admin.sock"
    code, said = deployment.door.exec_run(same)
    assert code == 0, said
    eventually(
        lambda: "received request" in logged()
    )  # the reload's line, so that all before it are there
    assert "http.log" not in logged()


def test_what_has_no_hash_in_its_name_is_looked_for_each_time(grace: Member) -> None:
    for path in ("static/lab/third-party-licenses.json", "static/favicons/favicon.ico"):
        answer = ask(grace, path)
        assert answer.headers["cache-control"] == EACH_TIME
        same = ask(grace, path, If_Modified_Since=answer.headers["last-modified"])
        assert (same.status_code, same.content) == (304, b"")


def test_secrets_are_not_compressed(deployment: Deployment, grace: Member) -> None:
    home = deployment.data / "jupyterhub_users/core/grace"
    (home / "text.js").write_text("x" * 10_000)
    paths = ("lab", "lab?x=static/", "api/contents/text.js", "files/text.js", "api/me")
    for path in paths:
        assert "content-encoding" not in ask(grace, path).headers, path
    for path in ("hub/home", "hub/login?next=/core/hub/static/"):
        assert "content-encoding" not in grace.http.get(f"{deployment.url}{path}").headers, path


def test_a_part_is_that_part(deployment: Deployment, grace: Member) -> None:
    (deployment.data / "jupyterhub_users/core/grace/text.js").write_text("0123456789" * 1000)
    answer = ask(grace, "files/text.js", Range="bytes=5-14")
    assert (answer.status_code, answer.text) == (206, "5678901234")
    whole = ask(grace, "static/lab/third-party-licenses.json").content
    part = ask(grace, "static/lab/third-party-licenses.json", Range="bytes=1000-2999")
    assert (part.status_code, part.content) == (206, whole[1000:3000])
    assert part.headers["cache-control"] == EACH_TIME


def test_events_of_a_start_come_as_they_happen(deployment: Deployment) -> None:
    with Member(deployment.url, "katherine") as katherine:
        katherine.sign_in(deployment.password).stop()
        katherine.ask_for_server()
        progress = f"{katherine.hub}hub/api/users/katherine/server/progress"
        with katherine.http.stream("GET", progress) as events:
            lines = (line for line in events.iter_lines() if line.startswith("data:"))
            next(lines)
            assert katherine.ask_hub("GET", "user").json()["servers"][""]["pending"] == "spawn"
            *_, last = lines
        assert json.loads(last.removeprefix("data:"))["ready"]
        katherine.stop()
