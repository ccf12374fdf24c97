import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from cyberhubs_hub import engine_events
from cyberhubs_hub.engine_events import Endings

LABELS = {"cyberhubs.hub": "core"}


class Engine:
    """Which says what happens to containers."""

    def __init__(self, *happens: tuple[str, str]) -> None:
        self._happens = happens

    def events(self, *, decode: bool, filters: dict[str, Any]) -> Iterator[dict[str, Any]]:
        assert decode and filters["label"] == ["cyberhubs.hub=core"]
        for what, name in self._happens:
            if what in filters["event"]:
                yield {"Action": what, "Actor": {"Attributes": {"name": name}}}
        threading.Event().wait()  # until more happens


async def test_the_hub_hears_of_a_server_that_has_ended_and_of_what_was_killed_in_one(
    monkeypatch: pytest.MonkeyPatch,
):
    ended, heard = asyncio.Event(), Endings()

    async def end() -> None:
        ended.set()

    engine: Any = Engine(("oom", "grace"), ("die", "somebody"), ("die", "ada"))
    heard.watch("ada", end, engine, LABELS)
    async with asyncio.timeout(5):
        await ended.wait()
    assert heard.killed_lately("grace") and not heard.killed_lately("ada")
    with monkeypatch.context() as later:
        later.setattr(engine_events, "LATELY_S", 0)
        assert not heard.killed_lately("grace")
    heard.forget("grace")
    assert not heard.killed_lately("grace")
