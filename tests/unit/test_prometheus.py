"""What a change of the stack's own Prometheus means, in words."""

import pytest

from cyberhubs.changes.differences import Change, Operation
from cyberhubs.changes.machine import describe_machine
from cyberhubs.changes.resource import Resource
from cyberhubs.changes.summary import Summary, Topic
from cyberhubs.resource_types import CONTAINER


@pytest.mark.parametrize(
    ("operation", "says"),
    [
        ("create", ["a Prometheus reads the hubs' figures, and keeps them."]),
        ("replace", []),
        ("delete", ["the Prometheus is removed; the figures that it has kept stay."]),
    ],
)
def test_its_coming_and_going_is_said_and_cuts_off_nobody(
    operation: Operation, says: list[str]
) -> None:
    none = frozenset[str]()
    server = Resource("urn::prometheus-server", CONTAINER, True, {}, {}, none, False)
    summary = Summary()
    describe_machine(summary, [Change(operation, server, server)])
    assert summary.lines == ({Topic.MACHINE: says} if says else {})
