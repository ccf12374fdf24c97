from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from cyberhubs_hub import idle
from cyberhubs_hub.idle import IdleRule
from docker.errors import APIError, NotFound

from .test_config import CONFIG

LIMIT_S = 600
TURN_S = 300
SERVER = {"full_name": "grace-hopper/", "url": "/core/user/grace-hopper/"}
CONTAINER = "cyberhubs.local.core.user.grace-2dhopper"


class Asked:
    """What Docker says of the one container, and the server of its kernels."""

    def __init__(self) -> None:
        self.rule = IdleRule(CONFIG)
        self.now, self.spent, self.kernels = datetime(2026, 11, 23, tzinfo=UTC), 100.0, 0
        self.fails: Exception | None = None

    def cpu_spent(self, container: str) -> tuple[datetime, float]:
        assert container == CONTAINER
        if self.fails:
            raise self.fails
        return self.now, self.spent

    async def busy_kernels(self, *where: str) -> int:
        assert where == (CONTAINER, CONFIG.network, SERVER["url"])
        return self.kernels

    async def turn(self, cores: float = 0, inactive_s: int = LIMIT_S) -> bool:
        """Whether it counts as idle, the next time that the culler comes by."""
        self.now += timedelta(seconds=TURN_S)
        self.spent += cores * TURN_S
        return await self.rule(
            inactive=timedelta(seconds=inactive_s), inactive_limit=LIMIT_S, server=SERVER
        )


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    asked = Asked()
    monkeypatch.setattr(idle, "cpu_spent", asked.cpu_spent)
    monkeypatch.setattr(idle, "busy_kernels", asked.busy_kernels)
    return asked


async def test_whoever_is_at_it_keeps_it(asked: Asked):
    assert not await asked.turn()
    assert not await asked.turn(inactive_s=LIMIT_S - 1)


async def test_it_is_stopped_when_the_time_is_over(asked: Asked):
    assert not await asked.turn(inactive_s=LIMIT_S - TURN_S)
    assert await asked.turn(0.004)


@pytest.mark.parametrize(("cores", "idle"), [(0.004, True), (0.015, False), (8, False)])
async def test_what_it_took_since_the_last_turn_counts(asked: Asked, cores: float, idle: bool):
    await asked.turn()
    assert await asked.turn(cores) is idle


async def test_a_new_culler_waits_for_its_next_turn(asked: Asked):
    """It cannot know what the server did before."""
    assert not await asked.turn()
    asked.spent = 0  # another container of that name
    assert not await asked.turn()
    assert await asked.turn()


async def test_busy_kernels_keep_it_in_their_pauses(asked: Asked):
    await asked.turn()
    asked.kernels = 1
    assert not await asked.turn(0.001)
    asked.kernels = 0
    assert await asked.turn(0.001)


@pytest.mark.parametrize(("error", "idle"), [(NotFound("gone"), True), (APIError("busy"), False)])
async def test_without_figures_nobody_is_stopped(asked: Asked, error: Exception, idle: bool):
    await asked.turn()
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
        return {"read": self.read, "cpu_stats": {"cpu_usage": {"total_usage": 6_500_000_000}}}

    def inspect_container(self, container: str) -> dict[str, Any]:
        return {
            "Config": {"Env": ["JUPYTERHUB_API_TOKEN=own"]},
            "NetworkSettings": {"Networks": {CONFIG.network: {"IPAddress": "127.0.0.1"}}},
        }


def test_figures_of_docker_s(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(idle.docker, "APIClient", Client)
    when, spent = idle.cpu_spent("x")
    assert (when.second, spent) == (10, 6.5)
    monkeypatch.setattr(Client, "read", "0001-01-01T00:00:00Z")
    with pytest.raises(idle.DockerException):
        idle.cpu_spent("x")


@pytest.fixture
async def kernels(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[Any]]:
    """What a server answers of its kernels, to who brings its own token."""
    answer: list[Any] = []

    async def kernels(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "token own"
        assert request.query == {"no_track_activity": "1"}
        return web.json_response(answer)

    application = web.Application()
    application.router.add_get(f"{SERVER['url']}api/kernels", kernels)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    monkeypatch.setattr(idle, "SERVER_PORT", runner.addresses[0][1])
    monkeypatch.setattr(idle.docker, "APIClient", Client)
    yield answer
    await runner.cleanup()


async def test_a_server_says_how_many_kernels_are_busy(kernels: list[Any]):
    kernels += [{"execution_state": state} for state in ("idle", "busy", "busy", "starting")]
    assert await idle.busy_kernels("x", CONFIG.network, SERVER["url"]) == 2


async def test_one_that_does_not_say_has_none(kernels: list[Any]):
    assert await idle.busy_kernels("x", CONFIG.network, "/no-jupyter/") == 0
    kernels.append("?")
    assert await idle.busy_kernels("x", CONFIG.network, SERVER["url"]) == 0
