import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cyberhubs_hub import helper
from cyberhubs_hub.metrics import Backup, Machine, Mounts, Servers
from cyberhubs_hub.shared.config import Mount
from docker import APIClient
from docker.errors import NotFound
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.registry import Collector

from .test_config import CONFIG

FOLDER = "/srv/cyberhubs/mounts"
SERVERS = replace(CONFIG, metrics=True, metrics_of_servers=True)


def told(collector: Collector) -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(collector)
    lines = generate_latest(registry).decode().splitlines()
    return {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
        for line in lines
        if not line.startswith("#")
    }


def test_the_machine_says_how_much_is_left_of_each_disk(tmp_path: Path):
    found = told(Machine({"homes": str(tmp_path)}))
    stat = os.statvfs(tmp_path)
    assert found['cyberhubs_disk_size_bytes{disk="homes"}'] == stat.f_blocks * stat.f_frsize
    assert found['cyberhubs_disk_inodes{disk="homes"}'] == stat.f_files
    for name in ("free_bytes", "inodes_free"):
        assert f'cyberhubs_disk_{name}{{disk="homes"}}' in found
    memory = found["cyberhubs_memory_available_bytes"], found["cyberhubs_memory_size_bytes"]
    assert 0 < memory[0] < memory[1]


def test_a_backup_is_told_by_when_its_mark_was_touched(tmp_path: Path):
    mark = tmp_path / ".backup-done"
    assert told(Backup(mark)) == {}
    mark.touch()
    os.utime(mark, (1, 1.8e9))
    assert told(Backup(mark)) == {"cyberhubs_backup_done_timestamp_seconds": 1.8e9}


class Engine:
    """Of three servers, two of which have just ended."""

    def containers(self, filters: dict[str, Any]) -> list[dict[str, Any]]:
        assert filters == {"label": ["cyberhubs.stack=local", "cyberhubs.hub=core"]}
        names = ("grace", "ada", "joan")
        return [{"Id": name, "Names": [f"/{CONFIG.container_prefix}{name}"]} for name in names]

    def stats(self, name: str, **how: Any) -> dict[str, Any]:
        if name == "joan":
            raise NotFound("404: no such container")
        used = {"usage": 500, "stats": {"inactive_file": 200}} if name == "grace" else {}
        return {"memory_stats": used, "cpu_stats": {"cpu_usage": {"total_usage": 3 * 10**9}}}


def test_what_servers_take_is_told_by_their_names():
    servers = Servers(SERVERS)
    assert told(servers) == {}
    servers.look(Engine())  # pyright: ignore[reportArgumentType]
    assert told(servers) == {
        'cyberhubs_server_memory_bytes{user="grace"}': 300,
        'cyberhubs_server_cpu_seconds_total{user="grace"}': 3,
    }


class WithMounts:
    """Of two mounts, of which one answers."""

    create_host_config = APIClient(version="1.41").create_host_config

    def __init__(self) -> None:
        self.made = ""

    def inspect_container(self, name: str) -> dict[str, str]:
        return {"Image": "sha256:1"}

    def create_container(self, image: str, command: list[str], **how: Any) -> dict[str, str]:
        assert how["labels"] == {**CONFIG.labels, "cyberhubs.role": "helper"}
        ((mount),) = how["host_config"]["Mounts"]
        assert (mount["Source"], mount["ReadOnly"]) == (FOLDER, True)
        self.made = "made"
        return {"Id": self.made}

    def start(self, name: str) -> None:
        assert name == self.made

    def exec_create(self, name: str, command: list[str]) -> dict[str, Any]:
        assert command[-2:] == ["/mounts/lake", "/mounts/survey"]
        return {"Id": "run"}

    def exec_inspect(self, run: str) -> dict[str, int]:
        return {"ExitCode": 0}

    def kill(self, name: str) -> None:
        self.made = ""


def test_mounts_are_told_by_their_names_whether_they_answer(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(helper, "output", lambda *_: "/mounts/survey\n")
    remote = [
        Mount(f"{FOLDER}/{name}", f"/{name}", "read-write", True) for name in ("survey", "lake")
    ]
    mounts = Mounts(replace(CONFIG, mounts=(*CONFIG.mounts, *remote)))
    engine = WithMounts()
    mounts.look(engine)  # pyright: ignore[reportArgumentType]
    assert told(mounts) == {
        'cyberhubs_mount_answers{mount="lake"}': 0,
        'cyberhubs_mount_answers{mount="survey"}': 1,
    }
    assert engine.made == ""
