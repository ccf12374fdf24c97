"""Tests side by side do not take each other's machines."""

import pytest

from tests.support.schedule import group


@pytest.mark.parametrize("fixture", ["lab", "cloud"])
def test_what_has_one_name_is_set_up_by_one_process(
    request: pytest.FixtureRequest, fixture: str
) -> None:
    """Of the tests that this run has: a second process would make containers of the same names."""
    tests = [item for item in request.session.items if fixture in getattr(item, "fixturenames", ())]
    assert len({group(item.nodeid) for item in tests}) <= 1
