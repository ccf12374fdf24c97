"""Stand-ins for items, rungs and programs."""

from collections.abc import Callable
from pathlib import Path

from cyberhubs.progress import Report
from install import ladder
from install.errors import UnavailableError


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


class Thing:
    name = "thing"

    def __init__(self, found: str | None, *sources: ladder.Source) -> None:
        self._found, self._sources = found, sources

    def found(self) -> str | None:
        return self._found

    def sources(self) -> tuple[ladder.Source, ...]:
        return self._sources


def gives(answer: str) -> Callable[[Report], str]:
    return lambda report: answer


def lacks(reason: str) -> Callable[[Report], str]:
    def install(report: Report) -> str:
        raise UnavailableError(reason)

    return install
