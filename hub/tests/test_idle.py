from datetime import timedelta
from typing import Any

import pytest
from cyberhubs_hub import idle
from cyberhubs_hub.idle import IdleRule
from docker.errors import APIError, NotFound

LIMIT_S = 600
SERVER = {"full_name": "grace-hopper/"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What Docker says: `answer`, and of which container it was asked."""
    state: dict[str, Any] = {"answer": 0.004, "container": None}

    def cores_used(container: str) -> float:
        state["container"] = container
        if isinstance(state["answer"], Exception):
            raise state["answer"]
        return state["answer"]

    monkeypatch.setattr(idle, "cores_used", cores_used)
    return state


def is_idle(inactive_s: int) -> bool:
    rule = IdleRule("cyberhubs.local.core.user.")
    return rule(inactive=timedelta(seconds=inactive_s), inactive_limit=LIMIT_S, server=SERVER)


def test_whoever_is_at_it_keeps_it_and_docker_is_not_asked(asked: dict[str, Any]):
    assert not is_idle(LIMIT_S - 1)
    assert asked["container"] is None


@pytest.mark.parametrize(
    ("answer", "idle"),
    [
        (0.004, True),
        (0.3, False),
        (NotFound("gone"), True),
        (APIError("busy"), False),
    ],
)
def test_a_server_nobody_is_at(asked: dict[str, Any], answer: Any, idle: bool):
    asked["answer"] = answer
    assert is_idle(LIMIT_S) is idle
    assert asked["container"] == "cyberhubs.local.core.user.grace-2dhopper"


def figures(monkeypatch: pytest.MonkeyPatch, before: str, now: str) -> None:
    """Has Docker say that a container took a second of CPU between the two times."""

    class Client:
        def __init__(self, version: str) -> None: ...

        def __enter__(self) -> "Client":
            return self

        def __exit__(self, *error: object) -> None: ...

        def stats(self, container: str, stream: bool) -> dict[str, Any]:
            return {
                "preread": before,
                "read": now,
                "precpu_stats": {"cpu_usage": {"total_usage": 5_000_000_000}},
                "cpu_stats": {"cpu_usage": {"total_usage": 6_000_000_000}},
            }

    monkeypatch.setattr(idle.docker, "APIClient", Client)


def test_time_stamps_of_docker_s(monkeypatch: pytest.MonkeyPatch):
    figures(monkeypatch, "2026-11-23T11:40:08.000000001Z", "2026-11-23T11:40:10.000000999Z")
    assert idle.cores_used("x") == pytest.approx(0.5)


def test_an_engine_without_figures_stops_nobody(monkeypatch: pytest.MonkeyPatch):
    figures(monkeypatch, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z")
    assert not is_idle(LIMIT_S)
