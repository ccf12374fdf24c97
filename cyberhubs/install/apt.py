"""Debian's and Ubuntu's packages, where this user may install them."""

import functools
import os
import platform
import shutil

from .process import run
from .report import Report

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


def install(names: list[str], report: Report) -> None:
    with report.step(f"apt: installing {', '.join(names)}") as step:
        step.show("reading package lists")
        _ready()
        options = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]
        run(
            ["apt-get", "install", "-y", "--no-install-recommends", *options, *names],
            log="apt",
            env=ENV,
            line=step.show,
        )


def refresh() -> None:
    """Has the next install read the package lists again, after a source was added."""
    _ready.cache_clear()


@functools.cache
def _ready() -> None:
    # An installation that was killed half way leaves dpkg refusing everything until this has run.
    run(["dpkg", "--configure", "-a"], log="dpkg", env=ENV)
    run(["apt-get", "update", "-o", "Acquire::Retries=3"], log="apt-update", env=ENV)
