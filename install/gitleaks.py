"""Gitleaks, which looks for secrets in files and in git's history."""

import re
import shutil
import subprocess
from pathlib import Path

from cyberhubs import paths, pins
from cyberhubs.progress import Report

from . import fetch
from .ladder import UnavailableError
from .process import run
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
        name = f"gitleaks_{pins.GITLEAKS}"
        file, release = f"{name}_{system}_{architecture}.tar.gz", f"{RELEASES}/v{pins.GITLEAKS}"
        fetch.require(f"{release}/{file}")
        sums = fetch.text(f"{release}/{name}_checksums.txt")
        match = re.search(rf"^([0-9a-f]{{64}})\s+{re.escape(file)}$", sums, re.MULTILINE)
        if match is None:
            raise UnavailableError(f"its checksum file does not name {file}")
        archive = paths.build() / file
        with report.step(f"gitleaks: downloading {pins.GITLEAKS}") as step:
            fetch.download(f"{release}/{file}", archive, match[1], step)
            run(["tar", "-xzf", archive, "-C", paths.build(), "gitleaks"], log="gitleaks-tar")
        (paths.build() / "gitleaks").replace(target())
        archive.unlink()
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
