"""The front door beside a hub's proxy alone: the same requests, through both and through one.

A backend that does nothing is asked as fast as it answers, by way of a proxy of our image. Twice:
with all of them on the same cores, where a second hop takes what the first lacks; and with the
door on a core that proxy and backend do not use, which shows what the door itself can carry.
"""

import json
import re
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from docker.models.containers import Container
from websockets.sync.client import connect

from benchmarks.report import progress, show, show_rate
from cyberhubs.names import DoorNames
from tests.support.deployment import Deployment
from tests.support.waiting import eventually

RUNS = 5
SECONDS = 3
AT_ONCE = 8
LARGE = 10 * 2**20  # bytes
ECHOES = 4000  # messages of 1 kB
UNDER_WAY = 16

BACKEND = """\
import asyncio
from tornado.web import Application
from tornado.websocket import WebSocketHandler

class Echo(WebSocketHandler):
    def open(self):
        self.set_nodelay(True)
    def on_message(self, message):
        self.write_message(message)

async def main():
    Application([("/bench/echo", Echo)]).listen(8081)
    await asyncio.Event().wait()

asyncio.run(main())
"""
CADDYFILE = """\
{
	admin off
	persist_config off
}
http://:8080 {
	handle /bench/small {
		respond ok
	}
	handle /bench/large {
		root * /srv/large
		rewrite * /large
		file_server
	}
}
"""


def measure_door(deployment: Deployment, directory: Path) -> None:
    progress("measuring the front door beside a proxy alone")
    with _a_hub_of_nothing(deployment, directory) as (proxy, others):
        door = deployment.door
        ways = [_address(deployment, door, deployment.port), _address(deployment, proxy, 8000)]
        for where, its, theirs in (("same cores", "0-1", "0-1"), ("own core", "1", "0")):
            door.update(cpuset_cpus=its)
            for other in others:
                other.update(cpuset_cpus=theirs)
            _measure(where, ways, its)
        door.update(cpuset_cpus="0-1")


def _measure(where: str, ways: list[str], client: str) -> None:
    """`where`: "same cores" or "own core"; `client`: the cores of who asks."""
    beside = "the proxy's"
    rates = _pairs(lambda way: _wrk(way, "small", AT_ONCE, client)[0], ways)
    show_rate(f"door, small, {where}", "/s", *rates, beside)
    rates = _pairs(lambda way: _wrk(way, "large", 2, client)[0] * LARGE / 1e6, ways)
    show_rate(f"door, large, {where}", "MB/s", *rates, beside)
    show_rate(f"door, websocket, {where}", "/s", *_pairs(_echo, ways), beside)
    door, proxy = _pairs(lambda way: _wrk(way, "small", 1, client)[1], ways)
    show(f"door, latency, {where}", door, "ms", against=proxy, beside=beside)


def _pairs(measure: Callable[[str], float], ways: list[str]) -> tuple[list[float], list[float]]:
    """Figures of both ways, taken in turn."""
    pairs = [[measure(way) for way in ways] for _ in range(RUNS)]
    door, proxy = zip(*pairs, strict=True)
    return list(door), list(proxy)


def _wrk(way: str, path: str, at_once: int, cores: str) -> tuple[float, float]:
    """Requests in a second, and the median of milliseconds."""
    wrk = f"wrk --threads=1 --connections={at_once} --duration={SECONDS}s --latency"
    printed = subprocess.run(
        ["taskset", "--cpu-list", cores, *wrk.split(), f"http://{way}/bench/{path}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "Non-2xx" not in printed, printed
    rate = re.search(r"Requests/sec:\s+([\d.]+)", printed)
    latency = re.search(r"50%\s+([\d.]+)(us|ms|s)", printed)
    assert rate and latency, printed
    return float(rate[1]), float(latency[1]) * {"us": 0.001, "ms": 1, "s": 1000}[latency[2]]


def _echo(way: str) -> float:
    """Messages in a second over one websocket, a few under way at once."""
    message = "x" * 1000
    with connect(f"ws://{way}/bench/echo") as socket:
        began = time.monotonic()
        for _ in range(ECHOES // UNDER_WAY):
            for _ in range(UNDER_WAY):
                socket.send(message)
            for _ in range(UNDER_WAY):
                assert socket.recv() == message
        return ECHOES / (time.monotonic() - began)


@contextmanager
def _a_hub_of_nothing(
    deployment: Deployment, directory: Path
) -> Iterator[tuple[Container, list[Container]]]:
    """A proxy that the door knows as the hub "bench", and all that is behind it."""
    engine, network = deployment.engine, DoorNames(deployment.stack).network
    served = directory / "served"
    served.mkdir(parents=True)
    token = secrets.token_hex(32)
    for name, content in (("token", token), ("Caddyfile", CADDYFILE), ("echo.py", BACKEND)):
        (served / name).write_text(content)
    (served / "large").write_bytes(secrets.token_bytes(LARGE))
    for path in (directory, served, *served.iterdir()):
        path.chmod(0o755)
    started: list[Container] = []

    def run(image: str, command: list[str] | None, target: str, source: Path) -> Container:
        container = engine.containers.run(
            image, command, detach=True, network=network,
            volumes=[f"{source}:{target}:ro"],
        )  # fmt: skip
        started.append(container)
        container.reload()
        return container

    entry = deployment.data / "door/live/hubs/bench.json"
    try:
        proxy = run(
            _image(deployment.container("proxy")),
            None,
            "/run/secrets/proxy_token",
            served / "token",
        )
        engine.networks.get(network).disconnect(proxy)
        engine.networks.get(network).connect(proxy, aliases=["bench.hub.internal"])
        proxy.reload()
        caddy = ["caddy", "run", "--config", "/srv/large/Caddyfile"]
        plain = run(_image(deployment.door), caddy, "/srv/large", served)
        echo = run(
            _image(deployment.container("hub")),
            ["python", "/srv/large/echo.py"],
            "/srv/large",
            served,
        )
        api = f"http://{_address(deployment, proxy, 8001)}/api/routes"
        headers = {"Authorization": f"token {token}"}
        eventually(lambda: httpx.get(api, headers=headers).status_code == 200)
        for route, container, port in (
            ("/bench", plain, 8080),
            ("/bench/echo", echo, 8081),
        ):
            target = {"target": f"http://{_address(deployment, container, port)}"}
            httpx.post(api + route, json=target, headers=headers).raise_for_status()
        entry.write_text(json.dumps({"title": "", "description": None, "listed": False}))
        entry.chmod(0o444)
        yield proxy, started
    finally:
        entry.unlink(missing_ok=True)
        for container in started:
            container.remove(force=True)


def _image(container: Container) -> str:
    return container.attrs["Image"]


def _address(deployment: Deployment, container: Container, port: int) -> str:
    container.reload()
    networks = container.attrs["NetworkSettings"]["Networks"]
    return f"{networks[DoorNames(deployment.stack).network]['IPAddress']}:{port}"
