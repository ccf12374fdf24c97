"""The Pulumi CLI and its Python language host."""

import json
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from cyberhubs import paths, pins, pulumi_env
from cyberhubs.progress import Report

from . import fetch
from .ladder import UnavailableError

STAMP = ".cyberhubs.json"
HOST = "pulumi-language-python"
# As in Pulumi's own installer (dist/install.sh in github.com/pulumi/get.pulumi.com); the archive is
# a folder `pulumi` (.goreleaser.yml in github.com/pulumi/pulumi).
RELEASES = "https://get.pulumi.com/releases/sdk"
# From another host than the archive: one changed by mistake or malice is not enough. Its lines are
# of sha256sum, its name lacks the archive's v (.github/workflows/sign.yml in the same).
CHECKSUMS = "https://github.com/pulumi/pulumi/releases/download"


class Pulumi:
    """Used if found: any from the oldest version on that is tested."""

    name = "pulumi"

    def __init__(self) -> None:
        self.newest = pins.python_package("pulumi")
        self._key = f"download of {self.newest}"

    def found(self) -> str | None:
        if here := found_in_place(self._key):
            return here
        version = _version_on_path()
        if version is None or _as_numbers(version) < _as_numbers(pins.OLDEST_PULUMI):
            return None
        return f"{version} found on PATH"

    def vendor(self, report: Report) -> str:
        url = f"{RELEASES}/{release_file('pulumi', self.newest, 'x64')}"
        sums = f"{CHECKSUMS}/v{self.newest}/pulumi-{self.newest}-checksums.txt"
        part = fresh_part()
        fetch.unpack(self.name, url, sums, part, report, "--strip-components=1")
        programs = [*sorted(part.glob("*python*")), part / "pulumi"]
        move_into_place(programs, self.newest, self._key)
        shutil.rmtree(part)
        return f"downloaded {self.newest}"


def executable() -> str | None:
    """The `pulumi` that the ladder chose, if there is one yet."""
    return shutil.which("pulumi", path=pulumi_env.tools()["PATH"])


def _bin() -> Path:
    return paths.pulumi_home() / "bin"


def found_in_place(of: str) -> str | None:
    """What is in our own folder, if all of it came `of` this."""
    try:
        stamp: dict[str, str] = json.loads((_bin() / STAMP).read_text())
    except (OSError, ValueError):
        return None
    whole = all((_bin() / name).exists() for name in ("pulumi", HOST, f"{HOST}-exec"))
    return f"{stamp['version']} found in {_bin()}" if whole and stamp.get("of") == of else None


def fresh_part() -> Path:
    path = paths.pulumi_home() / "bin.part"
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    return path


def move_into_place(programs: Sequence[Path], version: str, of: str) -> None:
    """Each file at once, `pulumi` itself last, and then the stamp that calls them whole."""
    _bin().mkdir(exist_ok=True)
    (_bin() / STAMP).unlink(missing_ok=True)
    for program in programs:
        program.replace(_bin() / program.name)
    (_bin() / STAMP).write_text(json.dumps({"version": version, "of": of}))


def _version_on_path() -> str | None:
    """What `pulumi version` says, if the Python language host is there as well."""
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        return None
    beside = Path(pulumi).resolve().with_name(HOST)
    if not beside.exists() and shutil.which(HOST) is None:
        return None
    try:
        answer = subprocess.run(
            [pulumi, "version"],
            capture_output=True,
            text=True,
            timeout=30,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.match(r"v?(\d+\.\d+\.\d+)", answer.stdout.strip())
    return match[1] if match else None


def _as_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:3])


def release_file(name: str, version: str, intel: str) -> str:
    """The name of the vendor's archive for this machine, in which `intel` stands for 64 bits of Intel's;
    UnavailableError if there is none."""
    system, architecture = platform_names(intel)
    return f"{name}-v{version}-{system}-{architecture}.tar.gz"


def platform_names(intel: str) -> tuple[str, str]:
    """The system and the architecture in the names of a vendor's files, which call 64 bits of Intel's
    `intel`; UnavailableError if there is none for this machine."""
    machine = {"x86_64": intel, "amd64": intel, "aarch64": "arm64", "arm64": "arm64"}
    system = platform.system().lower()
    architecture = machine.get(platform.machine().lower())
    if system not in ("linux", "darwin") or architecture is None:
        raise UnavailableError(f"there is none for {system} on {platform.machine()}")
    return system, architecture
