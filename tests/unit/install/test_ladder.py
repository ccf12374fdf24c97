"""The order of rungs, other programs, the command itself."""

import contextlib
import errno
import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cyberhubs import paths
from cyberhubs.errors import UserError
from cyberhubs.progress import Report
from install import (
    bootstrap,
    command,
    ladder,
    process,
    venv,
)

from .things import Thing, gives, lacks

# Rungs


def test_what_is_there_is_used(report: Report, output: io.StringIO) -> None:
    assert ladder.ensure(Thing("found on PATH", vendor=lacks("no")), report) == 1
    assert output.getvalue() == "thing: found on PATH\n"


def test_the_first_rung_that_holds_is_named(report: Report, output: io.StringIO) -> None:
    thing = Thing(None, vendor=lacks("no way out"), packages=gives("built"))
    assert ladder.ensure(thing, report) == 3
    assert output.getvalue() == (
        "thing: built (rung 3: packages; not by vendor's download: no way out)\n"
    )


def test_a_rung_above_one_that_holds_is_not_tried(report: Report) -> None:
    thing = Thing(None, vendor=gives("downloaded"), packages=lacks("never"))
    assert ladder.ensure(thing, report) == 2


def test_without_any_rung_every_reason_is_said(report: Report) -> None:
    thing = Thing(None, vendor=lacks("no way out"), packages=lacks("no Go"))
    with pytest.raises(UserError, match=r"vendor's download: no way out. packages: no Go"):
        ladder.ensure(thing, report)


@pytest.mark.parametrize("name", command.ITEMS)
def test_each_item_has_a_rung(name: str) -> None:
    for item in command.ITEMS[name]():
        assert any(callable(getattr(item, rung, None)) for rung in ladder.RUNGS)


def test_slow_steps_say_how_far_they_are(report: Report, output: io.StringIO) -> None:
    with report.step("building") as step:
        step.show("3 of 5")
        time.sleep(0.1)
    assert output.getvalue().startswith("building ...\n  building: 3 of 5, 0 s\n")


# Other programs


def test_a_failure_shows_the_end_of_the_output() -> None:
    with pytest.raises(UserError, match=r"test failed \(exit code 3\)(.|\n)*\| because"):
        process.run(["sh", "-c", "echo because; exit 3"], log="test")


def test_a_full_disk_is_named() -> None:
    with pytest.raises(UserError, match="The disk is full"):
        process.run(["sh", "-c", "echo write: No space left on device; exit 1"], log="test")


def test_an_interruption_ends_what_was_started() -> None:
    children: list[int] = []

    def interrupt(line: str) -> None:
        children.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        process.run(["sh", "-c", "sleep 60 & echo $!; wait"], log="test", line=interrupt)
    deadline = time.monotonic() + 5
    while is_alive(children[0]):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """False for one that has ended and waits for its reaper, too."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False


# The command


@contextlib.contextmanager
def item(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> Iterator[None]:
    def fails(report: Report) -> str:
        raise error

    thing = Thing(None, packages=fails)
    monkeypatch.setattr(command, "ITEMS", {"pulumi": lambda: [thing]})
    yield


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (OSError(errno.ENOSPC, "No space left", "/there"), 1, "The disk is full (at /there)"),
        (KeyboardInterrupt(), 130, "Interrupted: run the same command again"),
        (UserError("It is broken: mend it."), 1, "It is broken: mend it."),
    ],
)
def test_bad_luck_is_a_sentence(
    error: BaseException,
    code: int,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with item(monkeypatch, error):
        assert command.main([]) == code
    assert sentence in capsys.readouterr().err


def test_an_unknown_item_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        bootstrap.main(["venv", "nonsense"])
    assert exit.value.code == 2
    assert "unknown: nonsense" in capsys.readouterr().err


def test_the_first_stage_needs_no_package() -> None:
    python = getattr(sys, "_base_executable", sys.executable)
    alone = [python, "-I", "-S", "-c", "import sys; sys.path.append('.'); import install.bootstrap"]
    subprocess.run(alone, cwd=paths.CHECKOUT, check=True)


def test_all_else_runs_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(venv.Venv, "found", lambda self: f"found for {self.kind}")
    monkeypatch.setattr(os, "execv", lambda program, arguments: ran.append(arguments))
    python = [str(paths.VENV / "bin/python"), "-m", "install.command"]
    for what in ([], ["venv"], ["dev"], ["venv", "pulumi"], ["stop-engine"]):
        assert bootstrap.main(what) == 0
    assert ran == [python, [*python, "pulumi"], [*python, "stop-engine"]]


def test_env_prints_what_a_shell_can_read(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    assert bootstrap.main(["env"]) == 0
    script = capsys.readouterr().out + 'printf %s "$PULUMI_HOME"'
    assert subprocess.check_output(["sh", "-c", script], text=True) == str(home / "pulumi")
