"""What can be installed, and how: by the first of its sources that holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import chain
from typing import Protocol

from cyberhubs import paths
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
    stand_ins = _stand_ins(item)
    # First what is there of offline/, which knows what it has put in the place of a vendor's.
    for one in (*stand_ins, item):
        if found := one.found():
            report.line(f"{item.name}: {found}")
            return 1
    reasons: list[str] = []
    for source in chain.from_iterable(one.sources() for one in (item, *stand_ins)):
        try:
            done = source.install(report)
        except UnavailableError as reason:
            reasons.append(f"{source.label}: {reason}")
            continue
        missed = "".join(f"; not by {reason}" for reason in reasons)
        report.line(f"{item.name}: {done} (rung {source.number}: {source.label}{missed})")
        return source.number
    raise InstallError(
        f"{item.name} cannot be had here. {'. '.join(reasons)}. See to one of these, or install it "
        "yourself; then run the same command again."
    )


def _stand_ins(item: Item) -> Sequence[Item]:
    """What offline/ has for an item, where there is that folder."""
    if not (paths.OFFLINE / "install").is_dir():
        return []
    return import_module("offline.install").stand_ins(item)
