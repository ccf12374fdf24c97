"""The virtual environment `.venv`, from the hashed locks in requirements/."""

import hashlib
import importlib.util
import json
import shutil
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from cyberhubs import paths
from cyberhubs.progress import Report

from . import apt, ladder
from .errors import InstallError
from .process import run

STAMP = "cyberhubs.json"


class Venv:
    """`kind` run: what the program needs; dev: what tests and lint need as well."""

    name = "python environment"

    def __init__(self, kind: str = "run") -> None:
        self.kind = kind

    def found(self) -> str | None:
        have = _stamp()
        kinds = ("run", "dev") if self.kind == "run" else ("dev",)
        place = paths.VENV.resolve()  # may be a link to another checkout's
        if have not in [_wanted(kind, place) for kind in kinds] or not _python(paths.VENV).exists():
            return None
        return "found in .venv"

    def sources(self) -> Sequence[ladder.Source]:
        return [ladder.packages(self._install)]

    def _install(self, report: Report) -> str:
        # Whoever had the test tools keeps them when a lock changes.
        kind = "dev" if _stamp().get("kind") == "dev" else self.kind
        lock = _lock(kind)
        stamp = _wanted(kind, paths.VENV)
        part = paths.VENV.with_name(".venv.part")
        _remove(part)
        _create(part, report)
        with report.step(f"python environment: installing {lock.name} with pip") as step:
            total = lock.read_text().count("==")
            fetched = 0

            def count(text: str) -> None:
                nonlocal fetched
                if text.startswith("Collecting "):
                    fetched += 1
                    step.show(f"package {fetched} of {total}")
                elif text.startswith("Installing collected"):
                    step.show(f"unpacking {fetched} packages")

            run(
                [_python(part), "-m", "pip", "install", "--require-hashes", "-r", lock],
                log="pip",
                env={"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"},
                line=count,
            )
            _link_checkout(part)
            (part / STAMP).write_text(json.dumps(stamp))
            _move_into_place(part)
        return f"installed {fetched} packages in .venv"


def _create(path: Path, report: Report) -> None:
    if importlib.util.find_spec("ensurepip") is None:  # Debian has it in a package of its own
        if not apt.may_install():
            raise InstallError(
                "This Python cannot make virtual environments: install its venv module (on Debian "
                "and Ubuntu the package python3-venv), then run the same command again."
            )
        apt.install(["python3-venv"], report)
    # The interpreter under a virtual environment that this may be running in.
    python = getattr(sys, "_base_executable", sys.executable)
    run([python, "-m", "venv", "--prompt", ".venv", path], log="venv")


def _link_checkout(venv: Path) -> None:
    """Lets the environment import the checkout's packages and the hub's from any directory."""
    packages = sysconfig.get_path("purelib", "venv", {"base": str(venv)})
    lines = f"{paths.CHECKOUT}\n{paths.CHECKOUT / 'hub'}\n"
    (Path(packages) / "cyberhubs.pth").write_text(lines)


def _move_into_place(part: Path) -> None:
    """Makes a finished environment the one in use, all at once."""
    scripts = [
        file for file in (part / "bin").iterdir() if file.is_file() and not file.is_symlink()
    ]
    for file in [*scripts, part / "pyvenv.cfg"]:
        content = file.read_bytes()
        if b"\0" not in content:  # a program in machine code names no environment
            file.write_bytes(content.replace(bytes(part), bytes(paths.VENV)))
    old = paths.VENV.with_name(".venv.old")
    _remove(old)
    if paths.VENV.exists() or paths.VENV.is_symlink():
        paths.VENV.rename(old)
    part.rename(paths.VENV)
    _remove(old)


def _remove(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


def _wanted(kind: str, place: Path) -> dict[str, str]:
    # The place, since its scripts name where they are: one that was moved is of no use.
    lock = hashlib.sha256(_lock(kind).read_bytes()).hexdigest()
    return {"kind": kind, "lock": lock, "place": str(place)}


def _lock(kind: str) -> Path:
    return paths.REQUIREMENTS / f"{kind}.txt"


def _stamp() -> dict[str, str]:
    try:
        return json.loads((paths.VENV / STAMP).read_text())
    except (OSError, ValueError):
        return {}


def _python(venv: Path) -> Path:
    return venv / "bin" / "python"
