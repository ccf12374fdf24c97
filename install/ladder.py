"""An item of the ladder, and how it is climbed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cyberhubs.progress import Report

from .errors import InstallError, UnavailableError


@dataclass(frozen=True)
class Rung:
    """One way to get an item. `climb` answers what it did, or raises UnavailableError."""

    number: int
    label: str
    climb: Callable[[Report], str]


def here(climb: Callable[[Report], str]) -> Rung:
    return Rung(1, "what was there", climb)


def vendor(climb: Callable[[Report], str]) -> Rung:
    return Rung(2, "vendor's download", climb)


def packages(climb: Callable[[Report], str]) -> Rung:
    return Rung(3, "packages", climb)


class Item(Protocol):
    @property
    def name(self) -> str: ...

    def found(self) -> str | None:
        """What is there and good enough, or None. Quick: it runs every time."""
        ...

    def rungs(self) -> Sequence[Rung]:
        """The ways to get it, best first."""
        ...


def climb(item: Item, report: Report) -> int:
    """Has the item by the first rung that holds and says which, and why not by a better one; the
    number of that rung."""
    found = item.found()
    if found is not None:
        report.line(f"{item.name}: {found}")
        return 1
    reasons: list[str] = []
    for rung in item.rungs():
        try:
            done = rung.climb(report)
        except UnavailableError as reason:
            reasons.append(f"{rung.label}: {reason}")
            continue
        missed = "".join(f"; not by {reason}" for reason in reasons)
        report.line(f"{item.name}: {done} (rung {rung.number}: {rung.label}{missed})")
        return rung.number
    raise InstallError(f"{item.name} cannot be had here. " + ". ".join(reasons) + ".")
