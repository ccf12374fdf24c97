"""A Chromium for the tests: the system's, Playwright's own, or the distribution's."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from . import apt, fetch, ladder, places
from .process import run
from .report import Report, UnavailableError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Browser:
    """Needs the `dev` virtual environment for the vendor's rung."""

    name = "chromium"

    def found(self) -> str | None:
        path = executable()
        return f"found at {path}" if path else None

    def rungs(self) -> Sequence[ladder.Rung]:
        return [ladder.vendor(self._download), ladder.packages(self._install)]

    def _download(self, report: Report) -> str:
        playwright = places.VENV / "bin/playwright"
        if not playwright.exists():
            raise UnavailableError("Playwright is not installed (python3 -m cyberhubs.install dev)")
        host = os.environ.get("PLAYWRIGHT_DOWNLOAD_HOST") or "https://cdn.playwright.dev"
        fetch.require_reachable(host)
        libraries = ["--with-deps"] if apt.may_install() else []
        with report.step("chromium: downloading Playwright's"):
            run([playwright, "install", *libraries, "chromium"], log="playwright")
        return "downloaded Playwright's"

    def _install(self, report: Report) -> str:
        # Ubuntu's package of that name only points to a snap.
        if apt.distribution()[0] != "debian" or not apt.may_install():
            raise UnavailableError("install Chromium, then run the same command again")
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
