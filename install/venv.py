"""The virtual environment `.venv`: a link to one that is named by the hashed lock in requirements/ which it holds."""

import hashlib
import importlib.util
import shutil
import sys
import sysconfig
from pathlib import Path

from cyberhubs import paths
from cyberhubs.errors import UserError
from cyberhubs.progress import Report, Step

from . import apt
from .process import alone, run


class Venv:
    """`kind` run: what the program needs; dev: what tests and lint need as well."""

    name = "python environment"

    def __init__(self, kind: str = "run") -> None:
        self.kind = kind

    def found(self) -> str | None:
        place = paths.VENV.resolve()  # may be a link to another checkout's
        names = {_name(kind, place.parent) for kind in (self.kind, "dev")}
        return "found in .venv" if place.name in names and _python(place).exists() else None

    def packages(self, report: Report) -> str:
        # Two at once are of one home, or of one checkout.
        with alone(report), alone(report, paths.VENV.with_name(".venv.lock")):
            if found := self.found():
                return found
            apt.finish(report)
            # Whoever had the test tools keeps them when a lock changes.
            kind = "dev" if (paths.VENV / "bin/pytest").exists() else self.kind
            new = paths.VENV.with_name(_name(kind, paths.VENV.parent))
            if paths.VENV.resolve() == new:  # broken, and not to be taken for whole half way
                paths.VENV.unlink()
            shutil.rmtree(new, ignore_errors=True)
            create(new, report)
            with report.step(f"python environment: installing {kind}.txt with pip") as step:
                fetched = fill(new, lock(kind), step)
            _put_in_use(new)
        return f"installed {fetched} packages in .venv"


def create(path: Path, report: Report) -> None:
    if importlib.util.find_spec("ensurepip") is None:  # Debian has it in a package of its own
        if not apt.may_install():
            raise UserError(
                "This Python cannot make virtual environments: install its venv module (on Debian "
                "and Ubuntu the package python3-venv), then run the same command again."
            )
        apt.install(["python3-venv"], report)
    # The interpreter under a virtual environment that this may be running in.
    python = getattr(sys, "_base_executable", sys.executable)
    run([python, "-m", "venv", "--prompt", ".venv", path], log="venv")


def fill(venv: Path, lock: Path, step: Step) -> int:
    """Installs what `lock` names, and lets the environment import the checkout's packages and the
    hub's from any directory; how many it has fetched."""
    total, fetched = lock.read_text().count("=="), 0

    def count(text: str) -> None:
        nonlocal fetched
        if text.startswith("Collecting "):
            fetched += 1
            step.show(f"package {fetched} of {total}")
        elif text.startswith("Installing collected"):
            step.show(f"unpacking {fetched} packages")

    run(
        [_python(venv), "-m", "pip", "install", "--require-hashes", "-r", lock],
        log="pip",
        env={"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"},
        line=count,
    )
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(venv)}))
    (packages / "cyberhubs.pth").write_text(f"{paths.CHECKOUT}\n{paths.CHECKOUT / 'hub'}\n")
    return fetched


def _put_in_use(new: Path) -> None:
    """Makes a finished environment the one in use, all at once, and removes all others."""
    old, link = paths.VENV.with_name(".venv.old"), paths.VENV.with_name(".venv.new")
    if paths.VENV.is_dir() and not paths.VENV.is_symlink():  # of an earlier version
        shutil.rmtree(old, ignore_errors=True)
        paths.VENV.rename(old)
    link.unlink(missing_ok=True)
    link.symlink_to(new.name)
    link.replace(paths.VENV)
    for other in [old, *new.parent.glob(f".venv-{'[0-9a-f]' * 12}")]:
        if other != new:
            shutil.rmtree(other, ignore_errors=True)


def _name(kind: str, folder: Path) -> str:
    # The folder too, since its scripts name where they are: one that was moved is of no use.
    content = lock(kind).read_bytes() + bytes(folder)
    return f".venv-{hashlib.sha256(content).hexdigest()[:12]}"


def lock(kind: str) -> Path:
    return paths.REQUIREMENTS / f"{kind}.txt"


def _python(venv: Path) -> Path:
    return venv / "bin" / "python"
