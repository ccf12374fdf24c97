import errno
import os
import time
from pathlib import Path

import pytest
from cyberhubs_hub.passes import LASTS_S, MOST, Passes


def names(directory: Path) -> set[str]:
    return {file.name for file in directory.iterdir()} - {"spare"}


def test_a_pass_is_a_file_of_its_member(tmp_path: Path) -> None:
    first, second = Passes(tmp_path).give("ada"), Passes(tmp_path).give("ada-b")
    assert names(tmp_path) == {f"{first}.ada", f"{second}.ada-b"}
    assert len(first) == 32


def test_old_ones_end_and_a_member_has_no_more_than_some(tmp_path: Path) -> None:
    passes = Passes(tmp_path)
    old, of_other = passes.give("grace"), passes.give("katherine")
    past = time.time() - LASTS_S - 1
    os.utime(tmp_path / f"{old}.grace", (past, past))
    given = [passes.give("ada") for _ in range(MOST)]
    oldest = tmp_path / f"{given[0]}.ada"
    os.utime(oldest, (past + 60, past + 60))
    given.append(passes.give("ada"))
    assert names(tmp_path) == {f"{of_other}.katherine", *(f"{new}.ada" for new in given[1:])}


def test_where_no_file_can_be_made_who_comes_gets_one_too_and_it_ends_as_others_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes = Passes(tmp_path)
    past = time.time() - LASTS_S - 1
    os.utime(tmp_path / "spare", (past, past))
    with monkeypatch.context() as full:
        full.setattr(Path, "touch", no_space)
        first, second = passes.give("ada"), passes.give("grace")
    assert names(tmp_path) == {f"{first}.ada", f"{second}.grace"}
    os.utime(tmp_path / f"{first}.ada", (past, past))
    third = passes.give("ada")
    assert names(tmp_path) == {f"{third}.ada"}
    assert (tmp_path / "spare").exists()


def no_space(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")
