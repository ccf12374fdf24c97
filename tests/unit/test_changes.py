"""The program states what every change does, for each resource of every kind of host."""

from components.changes import IN_PLACE, REPLACES
from tests.unit.everything import everything


def test_each_input_changes_in_place_or_replaces() -> None:
    silent = {
        f"{r.type}: {name}"
        for r in everything()
        for name in r.inputs
        if name not in (*IN_PLACE.get(r.type, ()), *REPLACES.get(r.type, ()))
    }
    assert silent == set()


def test_what_is_stated_is_an_input_that_the_program_has() -> None:
    given: dict[str, set[str]] = {}
    for resource in everything():
        given.setdefault(resource.type, set()).update(resource.inputs)
    stated = {type: {*IN_PLACE.get(type, ()), *REPLACES.get(type, ())} for type in given}
    assert {*IN_PLACE, *REPLACES} == given.keys()
    assert {
        type: names - given[type] for type, names in stated.items() if names - given[type]
    } == {}


def test_the_engine_is_told() -> None:
    for resource in everything():
        told = {*resource.options.replaceOnChanges} - {"triggers[*]"}  # the SDK's own
        assert told == {*REPLACES.get(resource.type, ())}, resource.name
