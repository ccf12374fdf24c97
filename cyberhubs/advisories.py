"""What is known of the Python packages that the locks name: vulnerabilities, and newer versions."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from cyberhubs import paths
from cyberhubs.errors import NotLookedError

OSV = "https://api.osv.dev/v1/query"
AT_ONCE = 8  # questions to the package index


class Found(NamedTuple):
    """`now`: the locked version; `known`: what is wrong with it; `fixed`: versions in which it is not."""

    package: str
    now: str
    known: str
    fixed: tuple[str, ...]


def locks() -> list[Path]:
    """Of the program, and of the images that are built from this checkout."""
    return [
        paths.REQUIREMENTS / "run.txt",
        *sorted(paths.CHECKOUT.glob("images/*/requirements.txt")),
    ]


def vulnerabilities(lock: Path) -> list[Found]:
    """By pip-audit, which asks OSV, or the service at OSV_URL. Raises NotLookedError."""
    audit = paths.tools() / "audit/bin/pip-audit"
    command = [str(audit), "--requirement", str(lock), "--disable-pip", "--format=json"]
    command += ["--vulnerability-service=osv", f"--osv-url={os.environ.get('OSV_URL') or OSV}"]
    try:
        done = subprocess.run([*command, "--progress-spinner=off"], capture_output=True, text=True)
        packages = json.loads(done.stdout)["dependencies"]
    except FileNotFoundError:
        raise NotLookedError("There is no pip-audit: python3 -m install audit.") from None
    except (ValueError, KeyError):
        said = [*filter(None, done.stderr.splitlines())][-1:]
        raise NotLookedError(
            f"pip-audit could not ask {os.environ.get('OSV_URL') or OSV}: {''.join(said)}"
        ) from None
    if skipped := [one["name"] for one in packages if "skip_reason" in one]:
        raise NotLookedError(f"pip-audit knows nothing of {', '.join(skipped)}.")
    return [*_found(packages)]


def _found(packages: list[dict[str, Any]]) -> Iterator[Found]:
    for package in packages:
        for one in package["vulns"]:
            named = next((alias for alias in one["aliases"] if alias.startswith("CVE-")), one["id"])
            yield Found(package["name"], package["version"], named, tuple(one["fix_versions"]))


def behind() -> dict[str, tuple[str, str]]:
    """Packages that the project itself asks for → the version that is locked, and the newest there is. Raises
    NotLookedError."""
    now = {}
    for lock in locks():
        asked = set(re.findall(r"^([\w.-]+)", lock.with_suffix(".in").read_text(), re.M))
        locked = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", lock.read_text(), re.M))
        now |= {name: locked[name.lower()] for name in asked if name.lower() in locked}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        newest = dict(zip(now, pool.map(_newest, now), strict=True))
    return {name: (now[name], newest[name]) for name in sorted(now) if now[name] != newest[name]}


def _newest(package: str) -> str:
    """In the package index that pip uses."""
    done = subprocess.run(
        [paths.VENV / "bin/python", "-m", "pip", "index", "versions", package],
        capture_output=True,
        text=True,
    )
    if found := re.match(r"\S+ \((\S+)\)", done.stdout):
        return found[1]
    said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")][-1:]
    raise NotLookedError(f"pip could not ask for the versions of {package}: {''.join(said)}")
