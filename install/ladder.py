"""What can be installed, and how: by the first rung that holds."""

from collections.abc import Sequence
from importlib import import_module
from typing import Protocol

from cyberhubs import paths
from cyberhubs.errors import UserError
from cyberhubs.progress import Report

# An item's methods that install it, best first, and what they are called in a report.
RUNGS = {"here": "what was there", "vendor": "vendor's download", "packages": "packages"}


class UnavailableError(Exception):
    """A rung that cannot be had on this machine; the message says why in a few words."""


class Item(Protocol):
    """Has a method for each of RUNGS by which it can be had: it gets the Report and answers what it did, or raises
    UnavailableError."""

    @property
    def name(self) -> str: ...

    def found(self) -> str | None:
        """What is there and good enough, or None. Quick: it runs every time."""
        ...


def ensure(item: Item, report: Report) -> int:
    """Has the item by the first rung that holds and says which, and why not by a better one; the
    number of that rung."""
    items = [item, *_stand_ins(item)]
    # First what is there of offline/, which knows what it has put in the place of a vendor's.
    for one in reversed(items):
        if found := one.found():
            report.line(f"{item.name}: {found}")
            return 1
    reasons: list[str] = []
    for number, (rung, label) in enumerate(RUNGS.items(), 1):
        for install in [getattr(one, rung) for one in items if hasattr(one, rung)]:
            try:
                done = install(report)
            except UnavailableError as reason:
                reasons.append(f"{label}: {reason}")
                continue
            missed = "".join(f"; not by {reason}" for reason in reasons)
            report.line(f"{item.name}: {done} (rung {number}: {label}{missed})")
            return number
    raise UserError(
        f"{item.name} cannot be had here. {'. '.join(reasons)}. See to one of these, or install it "
        "yourself; then run the same command again."
    )


def _stand_ins(item: Item) -> Sequence[Item]:
    """What offline/ has for an item, where there is that folder."""
    if not (paths.OFFLINE / "install").is_dir():
        return []
    return import_module("offline.install").stand_ins(item)
