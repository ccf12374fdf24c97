from pathlib import Path

import pytest
from cyberhubs_hub import machine_memory
from cyberhubs_hub.failures import StartFailure

GB = 2**30
MB = 2**20


@pytest.mark.parametrize(
    ("available_mb", "limit", "room"),
    [(600, GB, True), (512, GB, True), (511, GB, False), (500, 128 * MB, True), (300, MB, True)],
)
def test_a_server_needs_what_it_starts_with(
    available_mb: int, limit: int, room: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text(f"MemFree:        10 kB\nMemAvailable:   {available_mb * 1024} kB\n")
    monkeypatch.setattr(machine_memory, "MEMINFO", meminfo)
    assert machine_memory.has_room(limit) is room


async def test_who_waits_too_long_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemAvailable:   10 kB\n")
    monkeypatch.setattr(machine_memory, "MEMINFO", meminfo)
    monkeypatch.setattr(machine_memory, "WAIT_S", 0)
    said = []
    with pytest.raises(StartFailure, match="no memory left"):
        await machine_memory.wait_for_room(GB, lambda: said.append("waits"))
    assert said == ["waits"]


def test_it_is_read_here() -> None:
    assert machine_memory.has_room(MB)
