"""Debian's and Ubuntu's packages, where this user may install them."""

import contextlib
import fcntl
import functools
import os
import platform
import shutil
import subprocess
from pathlib import Path

from cyberhubs import paths
from cyberhubs.errors import UserError
from cyberhubs.progress import Report

from .process import run

ENV = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_SUSPEND": "1"}


def may_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def distribution() -> tuple[str, str]:
    """Such as ("debian", "bookworm"); empty strings where that is not known."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return "", ""
    return release.get("ID", ""), release.get("VERSION_CODENAME", "")


def known(name: str) -> list[str]:
    """[name] if the package lists have it, else []: it is of some releases only."""
    _ready()
    answer = subprocess.run(
        ["apt-cache", "show", name], capture_output=True, text=True, check=False
    )
    return [name] if f"Package: {name}\n" in answer.stdout else []


def install(names: list[str], report: Report) -> None:
    _unfinished().write_text(" ".join(names))
    with report.step(f"apt: installing {', '.join(names)}") as step:
        step.show("waiting for another installation to end, reading package lists")
        _ready()
        options = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]
        run(
            ["apt-get", "install", "-y", "--no-install-recommends", *options, *names],
            log="apt",
            env=ENV,
            line=step.show,
        )
    _unfinished().unlink()


def finish(report: Report) -> None:
    """Goes on with an installation that was stopped: half of a package can look like all of it."""
    if not may_install() or not _unfinished().exists():
        return
    # What came of a source that is gone again would be looked for in vain, now and for ever.
    if names := [name for name in _unfinished().read_text().split() if known(name)]:
        install(names, report)
    _unfinished().unlink(missing_ok=True)


def _unfinished() -> Path:
    return paths.build() / "apt.unfinished"


def refresh() -> None:
    """Has the next install read the package lists again, after a source was added."""
    _ready.cache_clear()


def _wait_for_others() -> None:
    """Returns when nothing holds dpkg's locks: after a kill of apt its dpkg goes on for a while."""
    for name in ("lock-frontend", "lock"):
        with Path("/var/lib/dpkg", name).open("a") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX)


@functools.cache
def _ready() -> None:
    _wait_for_others()
    # An installation that was killed half way leaves dpkg refusing everything until this has run.
    run(["dpkg", "--configure", "-a"], log="dpkg", env=ENV)
    # Some source of the machine may be broken; whether one that is needed is, the install tells.
    with contextlib.suppress(UserError):
        run(["apt-get", "update", "-o", "Acquire::Retries=3"], log="apt-update", env=ENV)
