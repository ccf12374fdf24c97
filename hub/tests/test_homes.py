import os
from pathlib import Path

import pytest
from cyberhubs_hub.failures import StartFailure
from cyberhubs_hub.homes import home_name, make_home

ORDINARY = ["ada", "grace-hopper", "a", "1", "a" * 39, "octo_acme", "trailing-"]
CRAFTED = [
    *("..", ".", "", "/", "../ada", "ada/../grace", "/etc", "a/b", "ada/", "./ada", "ada\x00"),
    *("Ada", "ADA", "\u212aelvin", "аda", "ada\u200b", "ａda", "ada ", " ada", "ada\n"),
    *("%", "%41da", "%ada", "~", "-ada", "_check", "a" * 40, "ada:ro", "{username}"),
]


@pytest.mark.parametrize("name", ORDINARY)
def test_names_of_members_pass_as_they_are(name: str):
    assert home_name(name) == name


@pytest.mark.parametrize("name", CRAFTED)
def test_crafted_names_stay_apart_and_inside(name: str, tmp_path: Path):
    home = home_name(name)
    assert home.startswith("%")
    assert "/" not in home
    assert ":" not in home
    assert (tmp_path / home).resolve().parent == tmp_path.resolve()


def test_no_two_names_share_a_home():
    names = ORDINARY + CRAFTED
    homes = {home_name(name) for name in names}
    assert len(homes) == len(names)
    assert len({home.casefold() for home in homes}) >= len(names) - 1  # Ada and ADA, both refused


def test_home_is_made_once_and_private(tmp_path: Path):
    assert make_home(tmp_path, "ada") == "ada"
    home = tmp_path / "ada"
    assert home.stat().st_mode & 0o777 == 0o700
    (home / "work.ipynb").touch()
    home.chmod(0o750)
    assert make_home(tmp_path, "ada") == "ada"
    assert (home / "work.ipynb").exists()
    assert home.stat().st_mode & 0o777 == 0o750  # a member's own choice stays


def test_a_link_or_a_file_is_no_home(tmp_path: Path):
    (tmp_path / "grace").mkdir()
    (tmp_path / "ada").symlink_to("grace")
    (tmp_path / "bob").touch()
    for name in ("ada", "bob"):
        with pytest.raises(OSError, match=name):
            make_home(tmp_path, name)


def test_a_home_of_somebody_else_s_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    make_home(tmp_path, "ada")
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    assert make_home(tmp_path, "ada") == "ada"  # it can be written all the same
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(StartFailure, match="belong to another user"):
        make_home(tmp_path, "ada")


def test_a_home_that_its_member_has_closed_is_theirs_to_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    make_home(tmp_path, "ada")
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert make_home(tmp_path, "ada") == "ada"
