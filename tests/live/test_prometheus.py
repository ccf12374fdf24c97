"""The Prometheus that comes with a stack: what it reads and finds, and who sees it."""

import shutil
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import yaml
from playwright.sync_api import expect

from tests.support.access import at_work, change, list_of
from tests.support.browser import chromium
from tests.support.deployment import ONE_HUB, Deployment, changes, running
from tests.support.member import Member
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow

SCRAPED_S = 120  # it reads each 30 s, as often as its rules are looked at
OWN = "  cyberhubs:metrics: {{prometheus: {{}}}}\n  cyberhubs:hubs:"
SPACE = "      data: [{{source: {data}-shared, target: /shared, access: read-write}}]\n"

# Whether each of some addresses answers.
REACH = """
import socket
for address in {}:
    try:
        socket.create_connection(address, timeout=5).close()
    except OSError:
        print(False)
    else:
        print(True)
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("own")
    shared = folder / "data-shared"
    shared.mkdir()
    shutil.chown(shared, 12345, 12346)
    first = ONE_HUB.replace("  cyberhubs:hubs:", OWN) + SPACE
    with running(Deployment(folder, "own", first)) as stack:
        yield stack


@pytest.fixture
def ada(stack: Deployment) -> Iterator[Member]:
    with Member(stack.url, "ada") as admin:
        yield admin.sign_in(stack.password)


def pages(stack: Deployment, path: str = "") -> str:
    return f"{stack.url}hub/prometheus/{path}"


def query(stack: Deployment, admin: Member, expression: str) -> list[dict[str, Any]]:
    """[{"metric": {…}, "value": [time, text]}, …]"""
    answer = admin.http.get(pages(stack, "api/v1/query"), params={"query": expression})
    return answer.raise_for_status().json()["data"]["result"]


def reads_both(stack: Deployment, admin: Member) -> bool:
    found = query(stack, admin, f'up{{job="cyberhubs-{stack.stack}", stack="{stack.stack}"}} == 1')
    return {one["metric"]["part"] for one in found} == {"door", "hub"}


def token_of(stack: Deployment) -> str:
    (job,) = yaml.safe_load(stack.ops("metrics"))["scrape_configs"]
    return job["authorization"]["credentials"]


def test_it_reads_hub_and_door_and_notices_what_is_down(stack: Deployment, ada: Member) -> None:
    eventually(lambda: reads_both(stack, ada), SCRAPED_S)
    (size,) = query(stack, ada, 'cyberhubs_disk_size_bytes{disk="homes", hub="core"}')
    assert float(size["value"][1]) == shutil.disk_usage(stack.data).total
    proxy = stack.container("proxy")
    prometheus = stack.container("prometheus", "door")
    asked = ["prometheus-get", "/api/v1/alerts"]  # as nobody is let through meanwhile
    proxy.pause()
    try:
        eventually(lambda: b'"HubDown"' in prometheus.exec_run(asked).output, SCRAPED_S)
    finally:
        proxy.unpause()
    eventually(lambda: reads_both(stack, ada), SCRAPED_S)


def test_what_fires_is_in_the_status(stack: Deployment, ada: Member) -> None:
    eventually(lambda: reads_both(stack, ada), SCRAPED_S)
    shared = stack.data.with_name("data-shared")
    kept = shared.rename(shared.with_name("away"))
    try:
        ada.ask_hub("POST", "users/ada/server")
        eventually(lambda: not ada.ask_hub("GET", "users/ada").json()["pending"])
    finally:
        kept.rename(shared)
    fires = 'ALERTS{alertname="DataSpaceGone", alertstate="firing"}'
    eventually(lambda: query(stack, ada, fires), SCRAPED_S)
    said = stack.ops("status")
    assert "alert        DataSpaceGone: A data space of hub core of stack" in said
    assert pages(stack) in said


def test_it_is_for_admins_alone(stack: Deployment, ada: Member) -> None:
    asked = pages(stack, "api/v1/query?query=up")
    stranger = httpx.get(asked)
    assert (stranger.status_code, stranger.headers["location"]) == (
        302,
        "/core/hub/login?next=%2Fcore%2Fhub%2Fprometheus%2Fapi%2Fv1%2Fquery%3Fquery%3Dup",
    )
    with Member(stack.url, "ada") as gone:
        gone.sign_in(stack.password)
        assert gone.http.get(asked).status_code == 200
        gone.http.get(f"{stack.url}hub/logout")
        assert "/hub/login" in str(gone.http.get(asked).url)
    with Member(stack.url, "grace") as grace:
        grace.sign_in(stack.password)
        assert grace.http.get(asked).status_code == 403
        assert "/hub/prometheus/" not in grace.http.get(f"{stack.url}hub/home").text
        tokens = {grace.new_token(): 403, "0" * 64: 403, ada.new_token(): 200}
    for token, code in (tokens | {token_of(stack): 200}).items():
        answer = httpx.get(asked, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == code
    assert ada.http.get(asked).status_code == 200
    ada.ask_hub("DELETE", "users/ada/server")
    before = list_of(stack).read_text()
    change(list_of(stack), blocked=frozenset({"ada"}))
    try:
        eventually(lambda: "/hub/login" in str(ada.http.get(asked).url))
        admins_token = next(token for token, code in tokens.items() if code == 200)
        headers = {"Authorization": f"Bearer {admins_token}"}
        assert httpx.get(asked, headers=headers).status_code == 403
    finally:
        list_of(stack).write_text(before)


def test_it_is_for_reading_alone(stack: Deployment, ada: Member) -> None:
    assert ada.http.get(pages(stack, "-/healthy")).status_code == 200
    for path in ("-/quit", "-/reload", "api/v1/admin/tsdb/snapshot", "api/v1/query?query=up"):
        for method in ("POST", "PUT", "DELETE"):
            assert ada.http.request(method, pages(stack, path)).status_code == 404
    for path in ("debug/pprof/profile", "debug/pprof/", "%64ebug/pprof/", "graph/../debug/pprof/"):
        assert ada.http.get(pages(stack, path)).status_code in (400, 404)
    secret = token_of(stack)
    for path in ("api/v1/status/config", "api/v1/status/flags", "api/v1/targets"):
        shown = ada.http.get(pages(stack, path))
        assert shown.status_code == 200 and secret not in shown.text
    container = stack.container("prometheus", "door").attrs
    assert secret not in str(container) and container["NetworkSettings"]["Ports"] == {}


def test_no_members_server_reaches_it_past_the_front_door(stack: Deployment) -> None:
    places = []
    for container, port in ((stack.container("prometheus", "door"), 8000), (stack.door, 8888)):
        (end,) = container.attrs["NetworkSettings"]["Networks"].values()
        places.append((end["IPAddress"], port))
        with pytest.raises(httpx.HTTPStatusError if port == 8000 else httpx.RemoteProtocolError):
            httpx.get(f"http://{end['IPAddress']}:{port}/core/hub/login").raise_for_status()
    with at_work(stack, "grace") as grace:
        assert grace.kernel().run(REACH.format(places)) == "False\nFalse"
        grace.stop()


def test_an_admin_looks_at_it(stack: Deployment, ada: Member) -> None:
    eventually(lambda: reads_both(stack, ada), SCRAPED_S)
    with chromium() as browser:
        page = browser.new_page()
        wrong: list[str] = []
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{stack.url}hub/login?next=/core/hub/home")
        page.get_by_label("Username").fill("ada")
        page.get_by_label("Password").fill(stack.password)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Prometheus").click()
        page.get_by_role("link", name="Alerts").click()
        expect(page.get_by_role("cell", name="HubDown (0 active)")).to_be_visible()
        page.get_by_role("button", name="Status").click()
        page.get_by_role("link", name="Targets").click()
        expect(page.get_by_text("(2/2 up)")).to_be_visible()
        page.get_by_role("link", name="Graph").click()
        page.get_by_placeholder("Expression").fill("jupyterhub_total_users")
        page.get_by_role("button", name="Execute").click()
        expect(page.get_by_role("cell", name=f'stack="{stack.stack}"')).to_be_visible()
        assert wrong == []


def test_what_is_down_is_it_alone_and_another_token_reaches_it(
    stack: Deployment, ada: Member
) -> None:
    prometheus = stack.container("prometheus", "door")
    prometheus.stop()
    assert ada.http.get(pages(stack)).status_code == 502
    assert ada.http.get(f"{stack.url}hub/home").status_code == 200
    said = stack.ops("status", fails=True)
    assert "alert        Prometheus does not answer" in said
    assert f"{prometheus.name} is not there, or stopped" in said
    stack.ops("rotate", "--secret", "metrics-token")
    eventually(lambda: reads_both(stack, ada), SCRAPED_S)


def test_a_second_update_changes_nothing_and_without_the_key_it_goes_and_its_figures_stay(
    stack: Deployment,
) -> None:
    assert changes(stack.ops("up")).keys() == {"unchanged"}
    stack.edit(lambda config: config.update({"cyberhubs:metrics": {}}))
    stack.ops("up")
    assert not [name for name in stack.containers() if "prometheus" in name]
    assert [*(stack.data / "prometheus/state").iterdir()]
    with Member(stack.url, "ada") as admin:
        admin.sign_in(stack.password)
        assert admin.http.get(pages(stack)).status_code == 404
