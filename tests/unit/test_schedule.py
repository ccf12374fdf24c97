"""Tests side by side do not take each other's machines."""

import pytest

from tests.support.schedule import group


@pytest.mark.parametrize(("fixture", "directory"), [("lab", "tests/lab"), ("cloud", "tests")])
def test_what_has_one_name_is_set_up_by_one_process(
    request: pytest.FixtureRequest, fixture: str, directory: str
) -> None:
    """Of the tests that this run has: a second process would make containers of the same names."""

    def uses(item: pytest.Item) -> bool:
        """That fixture, and not one of its name that a module has for itself."""
        # pytest has no public way to a test's fixtures.
        found = item._fixtureinfo.name2fixturedefs.get(fixture, ())  # type: ignore[attr-defined]
        return any(definition.baseid == directory for definition in found[-1:])

    tests = [item for item in request.session.items if uses(item)]
    assert len({group(item.nodeid) for item in tests}) <= 1
