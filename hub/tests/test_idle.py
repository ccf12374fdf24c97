from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from cyberhubs_hub import idle
from cyberhubs_hub.idle import IdleRule
from docker.errors import APIError, NotFound

from .test_config import CONFIG

LIMIT_S = 3600
OPEN_TAB_S = 4 * 3600
TURN_S = 300
TURNS = 4  # until what it has done is known of the last 15 minutes
BEGIN = datetime(2026, 11, 23, tzinfo=UTC)
SERVER = {
    "full_name": "grace-hopper/",
    "url": "/core/user/grace-hopper/",
    "started": "2026-11-23T00:00:00Z",
}
CONTAINER = "cyberhubs.local.core.user.grace-2dhopper"


class Asked:
    """What Docker says of the one container, and the server of its kernels."""

    def __init__(self) -> None:
        self.rule = IdleRule(replace(CONFIG, open_tab_timeout_s=OPEN_TAB_S))
        self.now, self.spent, self.bytes = BEGIN, 100.0, 10**6
        self.said, self.commands = idle.Said(), list[str]()
        self.silent = False
        self.fails: Exception | None = None

    def figures(self, container: str) -> idle.Figures:
        assert container == CONTAINER
        if self.fails:
            raise self.fails
        return idle.Figures(self.now, self.spent, self.bytes)

    async def ask(self, *where: str) -> idle.Said:
        assert where == (CONTAINER, CONFIG.network, SERVER["url"])
        if self.silent:
            raise idle.SilentError
        return self.said

    async def turn(self, cores: float = 0, inactive_s: int = LIMIT_S, speed: int = 0) -> bool:
        """Whether it counts as idle, the next time that the culler comes by."""
        self.now += timedelta(seconds=TURN_S - 1)  # turns are not to the second
        self.spent += cores * TURN_S
        self.bytes += speed * TURN_S
        return await self.rule(
            inactive=timedelta(seconds=inactive_s), inactive_limit=LIMIT_S, server=SERVER
        )

    async def known(self) -> None:
        """Quiet for as long as it takes until one more turn decides."""
        for _ in range(TURNS - 1):
            assert not await self.turn()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    asked = Asked()
    monkeypatch.setattr(idle, "figures", asked.figures)
    monkeypatch.setattr(idle, "ask", asked.ask)
    monkeypatch.setattr(idle, "running_commands", lambda _: asked.commands)
    monkeypatch.setattr(idle, "now", lambda: asked.now)
    return asked


async def test_whoever_is_at_it_keeps_it(asked: Asked):
    await asked.known()
    assert not await asked.turn(inactive_s=LIMIT_S - 1)


async def test_it_is_stopped_when_the_time_is_over(asked: Asked):
    for _ in range(TURNS):
        assert not await asked.turn(inactive_s=LIMIT_S - TURN_S)
    assert await asked.turn(0.004)


@pytest.mark.parametrize(("cores", "idle"), [(0.02, True), (0.04, False), (8, False)])
async def test_what_it_computed_in_the_last_minutes_counts(asked: Asked, cores: float, idle: bool):
    """On average: twice as much in a third of them is less."""
    await asked.known()
    assert await asked.turn(cores) is idle


async def test_one_quiet_turn_decides_nothing(asked: Asked):
    await asked.known()
    assert not await asked.turn(1)
    assert not await asked.turn()
    assert not await asked.turn()
    assert await asked.turn()


@pytest.mark.parametrize(("speed", "idle"), [(1_000, True), (50_000, False)])
async def test_what_it_transferred_counts(asked: Asked, speed: int, idle: bool):
    await asked.known()
    assert await asked.turn(speed=speed) is idle


async def test_a_new_culler_waits_until_it_knows(asked: Asked):
    """It cannot know what the server did before."""
    await asked.known()
    asked.spent = 0  # another container of that name
    await asked.known()
    assert await asked.turn()


async def test_busy_kernels_keep_it_in_their_pauses(asked: Asked):
    await asked.known()
    asked.said = idle.Said(1)
    assert not await asked.turn(0.001)
    asked.said = idle.Said()
    assert await asked.turn(0.001)


async def test_one_that_does_not_answer_is_not_stopped_at_once(asked: Asked):
    """A kernel may wait for a file system that hangs, with all of its server."""
    await asked.known()
    asked.said, asked.silent = idle.Said(1), True
    assert not await asked.turn()
    asked.silent = False
    assert not await asked.turn()
    asked.said, asked.silent = idle.Said(), True
    for _ in range(TURNS - 1):
        assert not await asked.turn()
    assert await asked.turn()


async def test_what_a_terminal_runs_keeps_it(asked: Asked):
    await asked.known()
    asked.commands = ["make"]
    assert not await asked.turn()
    asked.commands = []
    assert await asked.turn()


@pytest.mark.parametrize(
    ("said", "idle"),
    [
        (idle.Said(0, BEGIN), True),
        (idle.Said(0, BEGIN + timedelta(hours=1, minutes=30)), False),
        (idle.Said(1, BEGIN), False),
        (idle.Said(0, None), False),  # perhaps it is another program's page
        (idle.Said(0, BEGIN - timedelta(days=1)), True),
    ],
)
async def test_an_open_tab_in_which_nothing_is_run_is_left_some_time(
    asked: Asked, said: idle.Said, idle: bool
):
    await asked.known()
    asked.said = said
    asked.now = BEGIN + timedelta(hours=3)
    assert not await asked.turn(inactive_s=0)
    asked.now = BEGIN + timedelta(hours=5)
    assert await asked.turn(inactive_s=0) is idle


@pytest.mark.parametrize(("error", "idle"), [(NotFound("gone"), True), (APIError("busy"), False)])
async def test_without_figures_nobody_is_stopped(asked: Asked, error: Exception, idle: bool):
    await asked.known()
    asked.fails = error
    assert await asked.turn() is idle


class Client:
    """Docker's, whose one container is at 127.0.0.1."""

    read = "2026-11-23T11:40:10.000000999Z"

    def __init__(self, version: str) -> None: ...

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *error: object) -> None: ...

    def stats(self, container: str, stream: bool, one_shot: bool) -> dict[str, Any]:
        return {
            "read": self.read,
            "cpu_stats": {"cpu_usage": {"total_usage": 6_500_000_000}},
            "networks": {
                "eth0": {"rx_bytes": 3, "tx_bytes": 4},
                "eth1": {"rx_bytes": 5, "tx_bytes": 6},
            },
        }

    def top(self, container: str, ps_args: str) -> dict[str, Any]:
        rows = [
            ["1", "Ss", "tini"],
            ["7", "Sl", "python"],
            ["20", "Ss+", "bash"],
            ["30", "Ss", "bash"],
            ["31", "S", "nohup"],
            ["32", "Sl+", "make"],
        ]
        return {"Titles": ["PID", "STAT", "COMMAND"], "Processes": rows}

    def inspect_container(self, container: str) -> dict[str, Any]:
        return {
            "Config": {"Env": ["JUPYTERHUB_API_TOKEN=own"]},
            "NetworkSettings": {"Networks": {CONFIG.network: {"IPAddress": "127.0.0.1"}}},
        }


def test_figures_of_docker_s(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(idle.docker, "APIClient", Client)
    found = idle.figures("x")
    assert (found.at.second, found.cpu_s, found.transferred) == (10, 6.5, 18)
    assert idle.running_commands("x") == ["make"]
    monkeypatch.setattr(Client, "read", "0001-01-01T00:00:00Z")
    with pytest.raises(idle.DockerException):
        idle.figures("x")


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[dict[str, Any]]:
    """What a server answers of its kernels and terminals, to who brings its own token."""
    answers: dict[str, Any] = {"kernels": []}

    async def answer(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "token own"
        assert request.query == {"no_track_activity": "1"}
        if (kind := request.match_info["kind"]) not in answers:
            raise web.HTTPNotFound
        if answers[kind] is None:
            raise web.HTTPInternalServerError
        return web.json_response(answers[kind])

    application = web.Application()
    application.router.add_get(f"{SERVER['url']}api/{{kind}}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    monkeypatch.setattr(idle, "SERVER_PORT", runner.addresses[0][1])
    monkeypatch.setattr(idle.docker, "APIClient", Client)
    yield answers
    await runner.cleanup()


def at(hour: int) -> str:
    return f"2026-11-23T{hour:02}:00:00.000000Z"


async def test_a_server_says_what_is_busy_and_when_something_last_was(server: dict[str, Any]):
    server["kernels"] = [
        {"execution_state": state, "last_activity": at(hour)}
        for hour, state in enumerate(("idle", "busy", "busy", "starting"))
    ]
    said = await idle.ask("x", CONFIG.network, SERVER["url"])
    assert said == idle.Said(2, BEGIN + timedelta(hours=3))
    server["terminals"] = [{"name": "1", "last_activity": at(4)}]
    said = await idle.ask("x", CONFIG.network, SERVER["url"])
    assert said == idle.Said(2, BEGIN + timedelta(hours=4))


async def test_one_that_does_not_say_has_none(server: dict[str, Any]):
    assert await idle.ask("x", CONFIG.network, "/no-jupyter/") == idle.Said()
    server["kernels"].append("?")
    assert await idle.ask("x", CONFIG.network, SERVER["url"]) == idle.Said()


async def test_what_has_failed_or_is_not_there_does_not_answer(
    server: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    server["kernels"] = None
    with pytest.raises(idle.SilentError):
        await idle.ask("x", CONFIG.network, SERVER["url"])
    monkeypatch.setattr(idle, "SERVER_PORT", 1)
    with pytest.raises(idle.SilentError):
        await idle.ask("x", CONFIG.network, SERVER["url"])
