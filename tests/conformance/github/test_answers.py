"""What the official plugin answers to all that the program asks of it, and what ours does."""

from collections.abc import Iterator

import pytest

from tests.conformance.github.common import MEMBERSHIP, TEAM
from tests.support.answers import Answers, answers, ask
from tests.support.plugin_client import Plugin
from tests.support.plugin_suite import Made

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def known(plugin: Plugin) -> Iterator[Answers]:
    with answers(plugin, __file__) as known:
        yield known


def test_of_a_team(plugin: Plugin, made: Made, known: Answers) -> None:
    id, state, checked = made(TEAM, {"name": "class", "privacy": "closed"})
    own = {id: "ID", state["nodeId"]: "NODE"}
    state.pop("membersCount", None)  # of the moment, and nobody reads it
    ask(known, plugin, TEAM, (id, state, checked), {"name": "other", "privacy": "secret"}, own)


def test_of_a_membership(plugin: Plugin, made: Made, known: Answers) -> None:
    team, _, _ = made(TEAM, {"name": "class", "privacy": "closed"})
    one = made(MEMBERSHIP, {"teamId": team, "username": "ada"})
    changes = {"teamId": "999999", "username": "grace"}
    ask(known, plugin, MEMBERSHIP, one, changes, {team: "TEAM"})
