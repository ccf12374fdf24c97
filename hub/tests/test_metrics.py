import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from cyberhubs_hub.metrics import Machine, Servers
from docker.errors import NotFound
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.registry import Collector

from .test_config import CONFIG

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
