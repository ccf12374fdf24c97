"""The rest of it, on a disk that is full, is tests/live/test_full_disk.py's."""

import sqlite3
from contextlib import closing
from pathlib import Path

from cyberhubs_hub.database import ROOM, keep_room


def test_a_database_has_room_of_its_own_and_each_start_makes_no_more(tmp_path: Path) -> None:
    file = tmp_path / "hub.sqlite"
    for _ in range(3):
        keep_room(file)
    with closing(sqlite3.connect(file)) as database:
        [[size]] = database.execute("PRAGMA page_size").fetchall()
        [[free]] = database.execute("PRAGMA freelist_count").fetchall()
        assert database.execute("SELECT * FROM sqlite_master").fetchall() == []
    assert ROOM <= free * size < 1.1 * ROOM
    assert ROOM <= Path(f"{file}-journal").stat().st_size < 1.1 * ROOM


def test_one_that_cannot_have_it_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "hub.sqlite").mkdir()
    keep_room(tmp_path / "hub.sqlite")
