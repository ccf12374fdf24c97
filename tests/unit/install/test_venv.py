"""The virtual environment: whole or not in use, whatever was there before."""

import multiprocessing
import shutil
import subprocess
from pathlib import Path

import pytest

from cyberhubs import paths
from cyberhubs.progress import Report
from install import ladder, venv


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One that needs no package."""
    checkout = tmp_path / "checkout"
    (checkout / "requirements").mkdir(parents=True)
    (checkout / "hub").mkdir()
    for kind in ("run", "dev"):
        (checkout / f"requirements/{kind}.txt").write_text(f"# {kind}\n")
    monkeypatch.setattr(paths, "CHECKOUT", checkout)
    monkeypatch.setattr(paths, "VENV", checkout / ".venv")
    monkeypatch.setattr(paths, "REQUIREMENTS", checkout / "requirements")
    return checkout


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Environments without pip."""

    def create(path: Path, report: Report) -> None:
        (path / "bin").mkdir(parents=True)
        (path / "bin/python").touch()

    monkeypatch.setattr(venv, "create", create)
    monkeypatch.setattr(venv, "fill", lambda venv, lock, step: 0)


def environments(checkout: Path) -> list[str]:
    return sorted(path.name for path in checkout.glob(".venv*") if path.is_dir())


def test_an_old_environment_and_a_killed_runs_give_way(checkout: Path, report: Report) -> None:
    (checkout / ".venv/bin").mkdir(parents=True)  # an earlier version's
    half = checkout / venv._name("run", checkout)
    (half / "bin").mkdir(parents=True)
    (half / "bin/python").touch()
    (half / "left-over").touch()
    assert venv.Venv("run").found() is None
    ladder.ensure(venv.Venv("run"), report)
    assert venv.Venv("run").found() == "found in .venv"
    assert venv.Venv("dev").found() is None
    assert environments(checkout) == [".venv", half.name]
    assert not (half / "left-over").exists()
    assert str(paths.VENV.readlink()) == half.name
    run = [paths.VENV / "bin/python", "-c", "import sys; print(*sys.path)"]
    assert str(checkout / "hub") in subprocess.check_output(run, text=True).split()
    assert subprocess.run([paths.VENV / "bin/pip", "--version"], capture_output=True).stdout


@pytest.mark.usefixtures("quick")
def test_who_has_the_test_tools_keeps_them(checkout: Path, report: Report) -> None:
    ladder.ensure(venv.Venv("dev"), report)
    (paths.VENV / "bin/pytest").touch()
    assert venv.Venv("run").found() == "found in .venv"
    (checkout / "requirements/run.txt").write_text("# something else\n")
    (checkout / "requirements/dev.txt").write_text("# something more\n")
    assert venv.Venv("run").found() is None
    ladder.ensure(venv.Venv("run"), report)
    assert venv.Venv("dev").found() == "found in .venv"
    assert environments(checkout) == sorted([".venv", venv._name("dev", checkout)])


@pytest.mark.usefixtures("quick")
def test_another_checkouts_may_be_linked_and_a_moved_one_is_made_again(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: Report
) -> None:
    ladder.ensure(venv.Venv("run"), report)
    (tmp_path / "other").mkdir()
    link = tmp_path / "other/.venv"
    link.symlink_to(paths.VENV)
    monkeypatch.setattr(paths, "VENV", link)
    assert venv.Venv("run").found() == "found in .venv"
    shutil.move(checkout, tmp_path / "moved")
    monkeypatch.setattr(paths, "VENV", tmp_path / "moved/.venv")
    monkeypatch.setattr(paths, "REQUIREMENTS", tmp_path / "moved/requirements")
    assert venv.Venv("run").found() is None


@pytest.mark.usefixtures("quick")
def test_a_broken_one_that_is_made_again_counts_when_it_is_whole(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    ladder.ensure(venv.Venv("run"), report)
    (paths.VENV / "bin/python").unlink()

    def killed(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(venv, "fill", killed)
        ladder.ensure(venv.Venv("run"), report)
    assert venv.Venv("run").found() is None
    ladder.ensure(venv.Venv("run"), report)
    assert venv.Venv("run").found() == "found in .venv"


@pytest.mark.usefixtures("quick")
def test_of_two_at_once_one_makes_it(checkout: Path, tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    made = fork.Queue()

    def ensure(home: str) -> None:
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("CYBERHUBS_HOME", home)
            patched.setattr(venv, "fill", lambda *_: made.put(home) or 0)
            ladder.ensure(venv.Venv("run"), Report())

    both = [fork.Process(target=ensure, args=(str(tmp_path / name),)) for name in ("a", "b")]
    for process in both:
        process.start()
    for process in both:
        process.join(30)
        assert process.exitcode == 0
    assert venv.Venv("run").found() == "found in .venv"
    assert made.get(timeout=5) in (str(tmp_path / "a"), str(tmp_path / "b"))
    assert made.empty()
