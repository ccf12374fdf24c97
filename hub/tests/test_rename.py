"""Whose a home is, and how it goes to another name; with GitHub and the hub they are a live test's."""

from pathlib import Path
from typing import Any

import pytest
from cyberhubs_hub.owners import Owners
from cyberhubs_hub.rename import RenameError, rename


class Hub:
    def __init__(self, *working: str) -> None:
        self.working, self.revoked = working, list[str]()

    async def has_server(self, name: str) -> bool:
        return name in self.working

    async def revoke(self, name: str) -> None:
        self.revoked.append(name)


def home(homes: Path, name: str, number: int | None = None) -> None:
    (homes / name).mkdir()
    (homes / name / "whose").write_text(name)
    if number:
        Owners(homes).keep(name, number)


async def renamed(homes: Path, old: str, new: str, *working: str) -> str:
    hub: Any = Hub(*working)
    folders: list[tuple[str, str]] = []
    said = await rename(hub, homes, lambda *names: folders.append(names), old, new)
    assert folders == ([] if "already" in said else [(old.lower(), new.lower())])
    assert hub.revoked == ([] if "already" in said else [old.lower()])
    return said


async def test_home_and_record_move_and_that_is_all(tmp_path: Path) -> None:
    home(tmp_path, "old", 7)
    home(tmp_path, "other", 8)
    assert await renamed(tmp_path, "Old", "New") == "What was old's is new's."
    owners = Owners(tmp_path)
    assert (tmp_path / "new/whose").read_text() == "old" and not (tmp_path / "old").exists()
    assert [owners.number_of(name) for name in ("old", "new", "other")] == [None, 7, 8]
    assert (owners.name_of(7), owners.name_of(9)) == ("new", None)
    assert "already" in await renamed(tmp_path, "old", "new")


async def test_what_was_interrupted_goes_on(tmp_path: Path) -> None:
    home(tmp_path, "new")
    Owners(tmp_path).keep("old", 7)
    await renamed(tmp_path, "old", "new")
    assert Owners(tmp_path).number_of("new") == 7


async def test_a_home_without_a_record_and_a_record_without_a_home(tmp_path: Path) -> None:
    home(tmp_path, "early")
    await renamed(tmp_path, "early", "late")
    assert (tmp_path / "late").exists() and Owners(tmp_path).number_of("late") is None
    Owners(tmp_path).keep("visitor", 9)
    await renamed(tmp_path, "visitor", "guest")
    assert Owners(tmp_path).name_of(9) == "guest"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("old", "taken", "has a home already"),
        ("old", "somebody", "another GitHub account"),
        ("old", "works", "has a home already"),
        ("works", "new", "works runs"),
        ("nobody", "new", "neither a home nor a record"),
        ("old", "OLD", "the same name"),
        ("../old", "new", "not a possible GitHub name"),
        ("old", "", "not a possible GitHub name"),
    ],
)
async def test_what_may_not_be(tmp_path: Path, old: str, new: str, why: str) -> None:
    home(tmp_path, "old", 7)
    home(tmp_path, "taken")
    Owners(tmp_path).keep("somebody", 8)
    home(tmp_path, "works")
    with pytest.raises(RenameError, match=why):
        await renamed(tmp_path, old, new, "works")
    assert (tmp_path / "old/whose").exists() and Owners(tmp_path).number_of("old") == 7


def test_a_damaged_record_is_nobody_s(tmp_path: Path) -> None:
    Owners(tmp_path).keep("grace", 7)
    (tmp_path / ".owners/grace").write_text("")
    with pytest.raises(ValueError, match="invalid literal"):
        Owners(tmp_path).number_of("grace")
