"""Debian's Prometheus, on the loopback of this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker
import httpx

from cyberhubs.pins import BASE_IMAGE
from tests.support import run
from tests.support.domain import DOMAIN
from tests.support.images import of_packages
from tests.support.processes import free_port
from tests.support.waiting import eventually

DOCKERFILE = f"""
FROM {BASE_IMAGE}
COPY install-packages.sh /
RUN sh /install-packages.sh prometheus
"""


class Prometheus:
    """One that runs."""

    def __init__(self, port: int) -> None:
        self._api = f"http://127.0.0.1:{port}/api/v1/"

    def query(self, expression: str) -> list[dict[str, Any]]:
        """[{"metric": {…}, "value": [time, text]}, …]"""
        answer = httpx.get(f"{self._api}query", params={"query": expression})
        return answer.raise_for_status().json()["data"]["result"]

    def rules(self) -> set[str]:
        """Names of its alerts."""
        groups = httpx.get(f"{self._api}rules").raise_for_status().json()["data"]["groups"]
        return {rule["name"] for group in groups for rule in group["rules"]}


def promtool(folder: Path, *words: str) -> None:
    """Finds nothing wrong, in a folder."""
    engine = docker.from_env()
    container = engine.containers.run(
        of_packages(engine, "prometheus", DOCKERFILE),
        ["promtool", *words],
        name=run.named("promtool"),
        volumes={str(folder): {"bind": "/srv", "mode": "ro"}},
        working_dir="/srv",
        network_mode="none",
        detach=True,
    )
    try:
        code, said = container.wait()["StatusCode"], container.logs().decode()
    finally:
        container.remove(force=True)
    assert code == 0, said


@contextmanager
def prometheus(folder: Path) -> Iterator[Prometheus]:
    """With the folder's prometheus.yaml."""
    engine, port = docker.from_env(), free_port()
    container = engine.containers.run(
        of_packages(engine, "prometheus", DOCKERFILE),
        [
            "prometheus",
            "--config.file=/srv/prometheus.yaml",
            "--storage.tsdb.path=/tmp/data",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        name=run.named("prometheus"),
        volumes={str(folder): {"bind": "/srv", "mode": "ro"}},
        network_mode="host",
        extra_hosts={DOMAIN: "127.0.0.1"},
        detach=True,
    )
    try:
        found = Prometheus(port)
        eventually(lambda: found.query("vector(1)"))
        yield found
    except Exception:
        print(container.logs(tail=20).decode(errors="replace"))
        raise
    finally:
        container.remove(force=True, v=True)
