"""What can be installed, and how: by the first of its sources that holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cyberhubs.progress import Report

from .errors import InstallError, UnavailableError


@dataclass(frozen=True)
class Source:
    """One way to get an item. `install` answers what it did, or raises UnavailableError."""

    number: int
    label: str
    install: Callable[[Report], str]


def here(install: Callable[[Report], str]) -> Source:
    return Source(1, "what was there", install)


def vendor(install: Callable[[Report], str]) -> Source:
    return Source(2, "vendor's download", install)


def packages(install: Callable[[Report], str]) -> Source:
    return Source(3, "packages", install)


class Item(Protocol):
    @property
    def name(self) -> str: ...

    def found(self) -> str | None:
        """What is there and good enough, or None. Quick: it runs every time."""
        ...

    def sources(self) -> Sequence[Source]:
        """The ways to get it, best first."""
        ...


def ensure(item: Item, report: Report) -> int:
    """Has the item by the first source that holds and says which, and why not by a better one; the
    number of that rung."""
    found = item.found()
    if found is not None:
        report.line(f"{item.name}: {found}")
        return 1
    reasons: list[str] = []
    for source in item.sources():
        try:
            done = source.install(report)
        except UnavailableError as reason:
            reasons.append(f"{source.label}: {reason}")
            continue
        missed = "".join(f"; not by {reason}" for reason in reasons)
        report.line(f"{item.name}: {done} (rung {source.number}: {source.label}{missed})")
        return source.number
    raise InstallError(f"{item.name} cannot be had here. " + ". ".join(reasons) + ".")
