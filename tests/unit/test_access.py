"""`make access`: one line of who may enter, and why."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cyberhubs.errors import UserError
from cyberhubs.ops.access import access
from cyberhubs.ops.stack import Stack
from tests.support.stack_values import CORE, GITHUB, changed, write
from tests.unit.recorder import PROJECT


def stack(directory: Path, *changes: tuple[tuple[str, ...], Any]) -> Stack:
    one = Stack("test")
    one.file = write(directory, changed(*changes))
    return one


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Ada", "may enter core of stack test: ada is an admin"),
        ("grace", "may enter core of stack test: grace is on the list"),
        ("mallory", "may not enter core of stack test: mallory is blocked"),
        ("eve", "may not enter core of stack test: eve is on none"),
        ("../x", "may not enter core of stack test: '../x' is not a possible GitHub name"),
    ],
)
def test_by_name(tmp_path: Path, capsys, name: str, says: str) -> None:
    access(stack(tmp_path), "core", name)
    assert capsys.readouterr().out.startswith(f"{name} {says}")


def test_by_what_github_knows(tmp_path: Path, capsys) -> None:
    teams = ((*CORE, "access", "organizations"), ["org:team"])
    access(stack(tmp_path, ((*CORE, "login"), GITHUB), teams), "", "eve")  # the only hub
    assert (
        "eve may enter core of stack test as a member of org:team only" in capsys.readouterr().out
    )


def test_it_needs_neither_pulumi_nor_a_state(tmp_path: Path) -> None:
    """Also of a stack in a cloud, whose machine only the state knows."""
    (tmp_path / "bin").mkdir()
    asked = subprocess.run(
        [sys.executable, "-m", "cyberhubs.ops", "access", "--stack", "arbutus", "--user", "eve"],
        cwd=PROJECT,
        env={
            "PATH": str(tmp_path / "bin"),
            "PULUMI_HOME": str(tmp_path / "pulumi"),
            "CYBERHUBS_HOME": str(tmp_path / "home"),
        },
        capture_output=True,
        text=True,
    )
    assert (asked.stdout[:4], asked.stderr) == ("eve ", "")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("hub", "user", "says"), [("cor", "eve", "did you mean core"), ("core", "", "USER=")]
)
def test_what_is_asked_wrongly(tmp_path: Path, hub: str, user: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        access(stack(tmp_path), hub, user)
