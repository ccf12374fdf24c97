"""The program states what every change does, for each resource of every kind of host."""

import copy
from typing import Any

import pytest

from components.changes import IN_PLACE, REPLACES
from tests.support.stack_values import GITHUB
from tests.unit.recorder import PROJECT, Registered, config_of, record


def of(stack: str, hub: dict[str, Any], **changes: Any) -> list[Registered]:
    """What a committed stack would register, with its hub and others of its keys changed."""
    config = copy.deepcopy(config_of(PROJECT / f"stacks/Pulumi.{stack}.yaml"))
    host = {**config["host"], **changes.pop("host", {})}
    config["hubs"]["core"].update(hub)
    graph = record({**config, **changes, "host": host}, stack=stack)
    components = ("cyberhubs:", "pulumi:pulumi:")
    return [r for r in graph.values() if not r.type.startswith(components)]


@pytest.fixture(scope="module")
def everything() -> list[Registered]:
    """Each kind of resource with all that the program ever says of it."""
    domain: dict[str, Any] = {"domain": "hub.example.org", "tls": {"mode": "internal"}}
    app = {"login": GITHUB}
    team = {"teams": {"org:class": {"members": ["grace"]}}}
    return [
        *of("local", {}),
        *of("server", app, **domain, **team),
        *of("arbutus", app, **domain),
        *of(
            "arbutus",
            {},
            host={
                "network": {"create": True, "externalNetwork": "Public"},
                "image": {"name": "Debian", "bootVolumeGb": 20},
            },
        ),
    ]


def test_each_input_changes_in_place_or_replaces(everything: list[Registered]) -> None:
    silent = {
        f"{r.type}: {name}"
        for r in everything
        for name in r.inputs
        if name not in (*IN_PLACE.get(r.type, ()), *REPLACES.get(r.type, ()))
    }
    assert silent == set()


def test_what_is_stated_is_an_input_that_the_program_has(everything: list[Registered]) -> None:
    given: dict[str, set[str]] = {}
    for resource in everything:
        given.setdefault(resource.type, set()).update(resource.inputs)
    stated = {type: {*IN_PLACE.get(type, ()), *REPLACES.get(type, ())} for type in given}
    assert {*IN_PLACE, *REPLACES} == given.keys()
    assert {
        type: names - given[type] for type, names in stated.items() if names - given[type]
    } == {}


def test_the_engine_is_told(everything: list[Registered]) -> None:
    for resource in everything:
        told = {*resource.options.replaceOnChanges} - {"triggers[*]"}  # the SDK's own
        assert told == {*REPLACES.get(resource.type, ())}, resource.name
