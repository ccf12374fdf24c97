"""From what a stack would create, before and after, to words."""

from collections.abc import Sequence
from datetime import datetime

from cyberhubs.changes.differences import Change
from cyberhubs.changes.hubs import describe_hubs, hubs_of
from cyberhubs.changes.machine import describe_machine
from cyberhubs.changes.resource import Resource
from cyberhubs.changes.summary import Summary

EVERY_UPDATE_S = 5


def describe(
    before: Sequence[Resource],
    after: Sequence[Resource],
    changes: Sequence[Change],
    now: datetime | None = None,
) -> Summary:
    """`changes`: from the one to the other, as told by `differences` or by the engine itself."""
    summary = Summary([change for change in changes if change.resource.custom])
    summary.seconds = EVERY_UPDATE_S
    describe_machine(summary, changes)
    describe_hubs(summary, hubs_of(before), hubs_of(after), changes, now)
    return summary
