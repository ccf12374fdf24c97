"""What is known of the packages that the locks name: vulnerabilities, and newer versions of those of Python."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from cyberhubs import paths
from cyberhubs.errors import NotLookedError

OSV = "https://api.osv.dev/v1/query"
AT_ONCE = 8  # questions to the package index, or to OSV for what it knows
LIMIT_S = 60  # for an answer of OSV

Packages = list[tuple[str, str]]  # name and version of each


class Found(NamedTuple):
    """`now`: the locked version; `known`: what is wrong with it; `fixed`: versions in which it is not."""

    package: str
    now: str
    known: str
    fixed: tuple[str, ...]


def locks() -> list[Path]:
    """Of the program, of the images that are built from this checkout, and of what is built where it cannot be had made."""
    return [
        *_python_locks(),
        *sorted(paths.CHECKOUT.glob("images/*/package-lock.json")),
        *sorted(paths.CHECKOUT.glob("offline/go/*/go.mod")),
    ]


def _python_locks() -> list[Path]:
    return [
        paths.REQUIREMENTS / "run.txt",
        *sorted(paths.CHECKOUT.glob("images/*/requirements.txt")),
    ]


def vulnerabilities(lock: Path) -> list[Found]:
    """As OSV knows them, or the service at OSV_URL. Raises NotLookedError."""
    match lock.name:
        case "package-lock.json":
            return _of_osv("npm", _of_npm(lock))
        case "go.mod":
            return _of_osv("Go", _of_go(lock))
        case _:
            return _of_pip_audit(lock)


def _of_npm(lock: Path) -> Packages:
    found = json.loads(lock.read_text())["packages"]
    return [
        (path.rpartition("node_modules/")[2], about["version"])
        for path, about in found.items()
        if path
    ]


def _of_go(lock: Path) -> Packages:
    """Modules that it may take something from, which is not said of each package in them."""
    return re.findall(r"^(?:require)?\s+(\S+) v(\S+)", lock.read_text(), re.M)


def _of_osv(ecosystem: str, packages: Packages) -> list[Found]:
    """https://google.github.io/osv.dev/post-v1-querybatch/"""
    url = os.environ.get("OSV_URL") or OSV
    queries = [
        {"package": {"name": name, "ecosystem": ecosystem}, "version": version}
        for name, version in packages
    ]
    try:
        with httpx.Client(timeout=LIMIT_S) as http, ThreadPoolExecutor(AT_ONCE) as pool:

            def known(id: str) -> dict[str, Any]:
                answer = http.get(f"{url.removesuffix('query')}vulns/{id}")
                return answer.raise_for_status().json()

            answer = http.post(f"{url}batch", json={"queries": queries}).raise_for_status().json()
            asked = [
                (package, one["id"])
                for package, said in zip(packages, answer["results"], strict=True)
                for one in said.get("vulns", ())
            ]
            told = pool.map(known, [id for _, id in asked])
            # The same from two databases is one.
            found = {
                (*package, _named(one)): _fixed(one, package[0])
                for (package, _), one in zip(asked, told, strict=True)
            }
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise NotLookedError(f"{url} could not be asked: {error}") from None
    return [Found(*of, fixed) for of, fixed in found.items()]


def _fixed(known: dict[str, Any], package: str) -> tuple[str, ...]:
    return tuple(
        event["fixed"]
        for affected in known["affected"]
        if affected["package"]["name"] == package
        for of in affected.get("ranges", ())
        for event in of["events"]
        if "fixed" in event
    )


def _named(known: dict[str, Any]) -> str:
    aliases = known.get("aliases", ())
    return next((alias for alias in aliases if alias.startswith("CVE-")), known["id"])


def _of_pip_audit(lock: Path) -> list[Found]:
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
            fixed = tuple(one["fix_versions"])
            yield Found(package["name"], package["version"], _named(one), fixed)


def behind() -> dict[str, tuple[str, str]]:
    """Packages that the project itself asks for → the version that is locked, and the newest there is. Raises
    NotLookedError."""
    now = {}
    for lock in _python_locks():
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
