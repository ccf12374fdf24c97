"""pip-audit, which looks up vulnerabilities of Python packages: in an environment of its own, for the few who ask it."""

import hashlib
import shutil
from pathlib import Path

from cyberhubs import paths
from cyberhubs.progress import Report

from . import venv


class Audit:
    """`target()` leads to the environment that has what requirements/audit.txt locks."""

    name = "pip-audit"

    def found(self) -> str | None:
        there = target().resolve() == _place() and (_place() / "bin/pip-audit").exists()
        return f"found at {target()}" if there else None

    def packages(self, report: Report) -> str:
        for old in target().parent.glob("audit-*"):
            shutil.rmtree(old)
        venv.create(_place(), report)
        with report.step("pip-audit: installing audit.txt with pip") as step:
            fetched = venv.fill(_place(), venv.lock("audit"), step)
        new = target().with_name("audit.new")
        new.unlink(missing_ok=True)
        new.symlink_to(_place().name)
        new.replace(target())
        return f"installed {fetched} packages"


def target() -> Path:
    return paths.tools() / "audit"


def _place() -> Path:
    content = venv.lock("audit").read_bytes() + bytes(target())
    return target().with_name(f"audit-{hashlib.sha256(content).hexdigest()[:12]}")
