"""A Chromium for the tests: the system's, Playwright's own, or the distribution's."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from cyberhubs import paths
from cyberhubs.progress import Report
from install import apt, fetch
from install.ladder import UnavailableError
from install.process import run

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Driver:
    """What Playwright drives a browser with: a Node of its own, which needs one more library."""

    name = "browser driver"

    def found(self) -> str | None:
        for node in paths.VENV.glob("lib/python*/site-packages/playwright/driver/node"):
            answer = subprocess.run(
                [node, "--version"], capture_output=True, text=True, check=False
            )
            if answer.returncode == 0:
                return f"found Playwright's (Node {answer.stdout.strip()})"
        return None

    def packages(self, report: Report) -> str:
        if not apt.may_install():
            raise UnavailableError("install libatomic1")
        apt.install(["libatomic1"], report)
        if self.found() is None:
            raise UnavailableError("Playwright's Node does not run, also with libatomic1")
        return "installed libatomic1 for Playwright's Node"


class Browser:
    """Needs the `dev` virtual environment for the vendor's rung."""

    name = "chromium"

    def found(self) -> str | None:
        path = executable()
        return f"found at {path}" if path else None

    def vendor(self, report: Report) -> str:
        playwright = paths.VENV / "bin/playwright"
        if not playwright.exists():
            raise UnavailableError("Playwright is not installed (python3 -m install dev)")
        # Only Playwright knows where its builds are; which one this is of differs by machine.
        command = [playwright, "install", "--dry-run", "chromium"]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        url = re.search(r"Download url:\s+(\S+)", answer.stdout)
        if url is None:
            raise UnavailableError("Playwright has none for this system")
        fetch.require(url[1])
        libraries = ["--with-deps"] if apt.may_install() else []
        with report.step("chromium: downloading Playwright's"):
            run([playwright, "install", *libraries, "chromium"], log="playwright")
        return "downloaded Playwright's"

    def packages(self, report: Report) -> str:
        # Ubuntu's package of that name only points to a snap.
        if apt.distribution()[0] != "debian" or not apt.may_install():
            raise UnavailableError("install Chromium")
        apt.install(["chromium", "fonts-liberation"], report)
        return "installed Debian's"


def executable() -> Path | None:
    """The Chromium to start: the system's, else Playwright's newest; None when there is none."""
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or "~/.cache/ms-playwright")
    own = sorted(cache.expanduser().glob("chromium-*/chrome-linux*/chrome"))
    return own[-1] if own else None
