"""Gitleaks, which looks for secrets in files and in git's history."""

import re
import shutil
import subprocess
from pathlib import Path

from cyberhubs import paths, pins
from cyberhubs.progress import Report

from . import fetch
from .pulumi import platform_names

RELEASES = "https://github.com/gitleaks/gitleaks/releases/download"


class Gitleaks:
    """Used if found: the pinned one in our own folder, or one on PATH that is as new."""

    name = "gitleaks"

    def found(self) -> str | None:
        for program in (target(), shutil.which("gitleaks")):
            version = _version(program) if program else ()
            if version >= _numbers(pins.GITLEAKS):
                return f"{'.'.join(map(str, version))} found at {program}"
        return None

    def vendor(self, report: Report) -> str:
        system, architecture = platform_names("x64")
        release = f"{RELEASES}/v{pins.GITLEAKS}/gitleaks_{pins.GITLEAKS}"
        archive, sums = f"{release}_{system}_{architecture}.tar.gz", f"{release}_checksums.txt"
        fetch.unpack(self.name, archive, sums, target().parent, report, target().name)
        return f"downloaded {pins.GITLEAKS}"


def target() -> Path:
    return paths.tools() / "gitleaks"


def _version(program: str | Path) -> tuple[int, ...]:
    try:
        said = subprocess.run([program, "version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return _numbers(said.stdout)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))[:3]
