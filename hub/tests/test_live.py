import json
import os
from pathlib import Path

import pytest
from cyberhubs_hub.live import LiveFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "list.json"
    path.write_text("[1]")
    return path


def replace(path: Path, text: str) -> None:
    """As the program does it: at once, by another file of the same name."""
    new = path.with_suffix(".tmp")
    new.write_text(text)
    new.replace(path)


def test_reads_again_only_what_changed(path: Path):
    parsed = []

    def parse(text: str) -> object:
        parsed.append(text)
        return json.loads(text)

    file = LiveFile(path, parse)
    for _ in range(3):
        assert file.refresh().value == [1]
    replace(path, "[2]")
    assert file.refresh().value == [2]
    assert parsed == ["[1]", "[2]"]


def test_a_change_within_the_clock_s_tick_is_seen(path: Path):
    file = LiveFile(path, json.loads)
    assert file.refresh().value == [1]
    stat = path.stat()
    replace(path, "[2]")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert file.refresh().value == [2]


def test_lost_broken_and_mended(path: Path, caplog: pytest.LogCaptureFixture):
    file = LiveFile(path, json.loads)
    file.refresh()
    for damage in (lambda: path.unlink(), lambda: path.write_text("[1, 2"), path.write_text("")):
        if callable(damage):
            damage()
        assert file.refresh().problem
        assert file.value == [1]
    path.chmod(0o600)
    replace(path, "[3]")
    assert file.refresh().problem is None
    assert file.value == [3]
    assert "is good again" in caplog.text


def test_a_problem_is_logged_once(path: Path, caplog: pytest.LogCaptureFixture):
    path.unlink()
    file = LiveFile(path, json.loads)
    for _ in range(5):
        file.refresh()
    assert len(caplog.records) == 1
    assert str(path) in caplog.text


def test_a_hub_that_starts_beside_a_broken_file_has_the_last_good_one(path: Path, tmp_path: Path):
    copy = tmp_path / "state" / "copy.json"
    copy.parent.mkdir()
    LiveFile(path, json.loads, copy).refresh()
    path.write_text("[1, ")
    file = LiveFile(path, json.loads, copy).refresh()
    assert file.problem
    assert file.value == [1]


def test_a_useless_copy_does_no_harm(path: Path, tmp_path: Path):
    copy = tmp_path / "copy.json"
    copy.write_text("[")
    assert LiveFile(path, json.loads, copy).refresh().value == [1]
    assert json.loads(copy.read_text()) == [1]


def test_never_good(tmp_path: Path):
    file = LiveFile(tmp_path / "no", json.loads).refresh()
    assert file.value is None
    assert file.problem
