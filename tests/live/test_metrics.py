"""Figures for a Prometheus: nobody else gets any, and what the rules and the dashboard ask for is there."""

import json
import re
import shutil
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from cryptography import x509

from tests.support.access import at_work
from tests.support.deployment import ONE_HUB, PROJECT, Deployment, running
from tests.support.domain import DOMAIN
from tests.support.member import Member
from tests.support.prometheus import Prometheus, prometheus, promtool
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow

MONITORING = PROJECT / "monitoring"
DOOR, HUB = "_metrics", "core/hub/metrics"
CERTIFICATE = "_metrics/certificate"
NO_IMAGE = "sha256:" + 64 * "0"
# Of each series that the rules or the dashboard read; `up` is Prometheus's own.
SERIES = re.compile(r"\b(?:cyberhubs|jupyterhub|caddy)_\w+(?=[{\[\s/)])")


INTERNAL = "{{mode: internal, listen: 127.0.0.1, port: {port}, httpPort: {http_port}}}"
WITH_TLS = ONE_HUB.replace(
    "{{mode: none, port: {port}}}",
    f"{INTERNAL}\n  cyberhubs:domain: {DOMAIN}\n  cyberhubs:metrics: {{{{prometheus: {{{{}}}}}}}}",
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    asked = "  cyberhubs:metrics: {{servers: true}}\n  cyberhubs:hubs:"
    first = ONE_HUB.replace("  cyberhubs:hubs:", asked)
    with running(Deployment(tmp_path_factory.mktemp("metrics"), "metrics", first)) as stack:
        yield stack


def scraped(stack: Deployment) -> dict[str, Any]:
    (job,) = yaml.safe_load(stack.ops("metrics"))["scrape_configs"]
    return job


def token_of(stack: Deployment) -> str:
    return scraped(stack)["authorization"]["credentials"]


def read(stack: Deployment, path: str, token: str | None) -> httpx.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{stack.front}{path}", headers=headers)


def refused(stack: Deployment, token: str | None) -> bool:
    return [read(stack, path, token).status_code for path in (DOOR, HUB)] == [404, 403]


@pytest.mark.parametrize("token", [None, "*", "0" * 64])
def test_a_visitor_gets_none(stack: Deployment, token: str | None) -> None:
    assert refused(stack, token)


def test_a_member_gets_none_and_an_admin_those_of_the_hub(stack: Deployment) -> None:
    expected = {"grace": (404, 403), "ada": (404, 200)}
    for name, answers in expected.items():
        with Member(stack.url, name) as member:
            member.sign_in(stack.password)
            token = member.new_token()
            pages = [member.http.get(f"{stack.front}{path}") for path in (DOOR, HUB)]
            assert tuple(page.status_code for page in pages) == answers
            by_token = [read(stack, path, token).status_code for path in (DOOR, HUB)]
            assert tuple(by_token) == answers


def test_the_token_opens_nothing_else(stack: Deployment) -> None:
    token = token_of(stack)
    assert [read(stack, path, token).status_code for path in (DOOR, HUB)] == [200, 200]
    for path in ("core/hub/api/users", "core/hub/api/proxy", "core/hub/api/info"):
        assert read(stack, path, token).status_code == 403


@pytest.fixture
def folder(stack: Deployment, tmp_path: Path) -> Path:
    return give(stack, tmp_path)


def give(stack: Deployment, tmp_path: Path) -> Path:
    """What an operator gives a Prometheus."""
    shutil.copy(MONITORING / "rules.yaml", tmp_path)
    shutil.copy(MONITORING / "rules.test.yaml", tmp_path)
    (tmp_path / "cyberhubs.yaml").write_text(stack.ops("metrics"))
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules.yaml"],
        "scrape_config_files": ["cyberhubs.yaml"],
    }
    (tmp_path / "prometheus.yaml").write_text(yaml.safe_dump(config))
    return tmp_path


def test_the_rules_say_what_they_should(folder: Path) -> None:
    promtool(folder, "check", "config", "prometheus.yaml")
    promtool(folder, "test", "rules", "rules.test.yaml")


def fail_to_start(stack: Deployment, name: str) -> None:
    """For want of its application's image."""
    menu = stack.data / "hubs/core/live/applications.json"
    kept = menu.read_text()
    menu.write_text(json.dumps([{**one, "image": NO_IMAGE} for one in json.loads(kept)]))
    try:
        with Member(stack.url, name) as member:
            member.sign_in(stack.password).ask_hub("POST", f"users/{name}/server")
            eventually(lambda: not member.ask_hub("GET", f"users/{name}").json()["pending"])
    finally:
        menu.write_text(kept)


def value(found: Prometheus, expression: str) -> float | None:
    answer = found.query(expression)
    return float(answer[0]["value"][1]) if answer else None


def test_a_prometheus_finds_all_that_rules_and_dashboard_read(
    stack: Deployment, folder: Path
) -> None:
    asked = {
        name
        for file in ("rules.yaml", "dashboard.json")
        for name in SERIES.findall((MONITORING / file).read_text())
    }
    none = ("cyberhubs_certificate_", "cyberhubs_mount_")  # this stack has no such thing
    asked = {name for name in asked if not name.startswith(none)}
    assert len(asked) > 10
    figures: Any = stack.container("hub").stats(stream=False)
    if figures["read"].startswith("0001"):  # this engine has none of its containers
        asked = {name for name in asked if not name.startswith("cyberhubs_server_")}
    (stack.data / "jupyterhub_users/core/.backup-done").touch()
    failed = 'jupyterhub_server_spawn_duration_seconds_count{hub="core", reason="image"}'
    with at_work(stack, "grace") as grace, prometheus(folder) as found:
        assert {"DoorDown", "HubDown", "DiskFull", "DataSpaceGone"} <= found.rules()
        eventually(lambda: value(found, f'sum(up{{stack="{stack.stack}"}})') == 2)
        before = value(found, failed)
        assert before is not None
        fail_to_start(stack, "katherine")
        eventually(lambda: value(found, failed) == before + 1)
        for name in sorted(asked):
            eventually(lambda name=name: found.query(name) or name == "")
        size = value(found, 'cyberhubs_disk_size_bytes{disk="homes"}')
        assert size == shutil.disk_usage(stack.data).total
        stack.container("hub").stop()
        try:
            down = 'ALERTS{alertname="HubDown", hub="core", alertstate="pending"}'
            eventually(lambda: value(found, down) == 1)
            assert found.query('ALERTS{alertname="DoorDown"}') == []
        finally:
            stack.container("hub").start()
            eventually(lambda: value(found, 'sum(up{part="hub"})') == 1)
        grace.stop()


def served(stack: Deployment) -> dict[str, float]:
    """When the certificate that visitors get begins and ends."""
    text = ssl.get_server_certificate((DOMAIN, stack.port))
    found = x509.load_pem_x509_certificate(text.encode())
    return {
        "not_before": found.not_valid_before_utc.timestamp(),
        "not_after": found.not_valid_after_utc.timestamp(),
    }


@pytest.mark.usefixtures("domain_is_here")
def test_a_door_with_tls_takes_the_token_with_it_alone(tmp_path: Path) -> None:
    with running(Deployment(tmp_path, "encrypted", WITH_TLS, DOMAIN)) as stack:
        given = tmp_path / "given"
        given.mkdir()
        with prometheus(give(stack, given)) as found:
            eventually(lambda: value(found, "sum(up)") == 3)
            assert found.query("cyberhubs_server_memory_bytes") == []  # nobody has asked for them
            for figure, at in served(stack).items():
                name = f"cyberhubs_certificate_{figure}_seconds"
                eventually(lambda name=name, at=at: value(found, name) == at)
            assert "CertificateEnds" in found.rules()
            assert found.query('ALERTS{alertname="CertificateEnds"}') == []  # of 12 hours
        own = stack.container("prometheus", "door")
        asked = ["prometheus-get", "/api/v1/query?query=count(up==1)"]
        eventually(lambda: b',"3"]' in own.exec_run(asked).output, 120)  # it reads each 30 s
        headers = {"Authorization": f"Bearer {token_of(stack)}"}
        assert httpx.get(f"{stack.front}{CERTIFICATE}", verify=False).status_code == 404
        for path in (DOOR, HUB, CERTIFICATE):
            plain = httpx.get(f"http://127.0.0.1:{stack.http_port}/{path}", headers=headers)
            assert (plain.status_code, plain.headers["location"]) == (308, f"{stack.front}{path}")


def test_another_token_ends_the_old_one_and_without_the_key_there_is_none(
    stack: Deployment,
) -> None:
    old = token_of(stack)
    assert "the old one opens nothing" in stack.ops("rotate", "--secret", "metrics-token")
    new = token_of(stack)
    assert read(stack, HUB, new).status_code == read(stack, DOOR, new).status_code == 200
    assert refused(stack, old)
    stack.edit(lambda config: config.pop("cyberhubs:metrics"))
    stack.ops("up")
    assert refused(stack, new)
    said = stack.ops("metrics", fails=True)
    assert "write `cyberhubs:metrics: {}` into" in said
