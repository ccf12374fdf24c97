"""From what a stack would create, before and after, to words."""

from collections.abc import Sequence
from datetime import datetime

from cyberhubs.changes.differences import Change
from cyberhubs.changes.hubs import describe_hubs, hubs_of
from cyberhubs.changes.interruptions import describe_cut
from cyberhubs.changes.machine import describe_machine
from cyberhubs.changes.moves import describe_elsewhere
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
    stays = not describe_elsewhere(summary, before, after, changes)
    describe_machine(summary, changes)
    old, new = hubs_of(before), hubs_of(after)
    describe_hubs(summary, old, new, changes, now)
    if stays:
        describe_cut(summary, [name for name in new if name in old], changes)
    return summary
