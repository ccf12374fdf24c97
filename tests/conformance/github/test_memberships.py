"""Memberships of teams."""

import pytest

from tests.conformance.github.common import MEMBERSHIP, NOBODY
from tests.support.github.model import Account, GitHub, Organization, Team
from tests.support.plugin_client import UNKNOWN, Plugin, PluginError, Values
from tests.support.plugin_suite import OFFICIAL, Made, decision, ours, refused

pytestmark = pytest.mark.slow


@pytest.fixture
def inputs(team: Team) -> Values:
    return {"teamId": str(team.id), "username": "ada"}


def test_membership_is_made_as_given(
    plugin: Plugin, made: Made, team: Team, ada: Account, inputs: Values
) -> None:
    id, state, checked = made(MEMBERSHIP, inputs)
    assert (team.members[ada.id].role, team.members[ada.id].state) == ("member", "active")
    assert state["role"] == "member"  # a default that the official plugin would miss
    assert plugin.kinds(MEMBERSHIP, state, checked) == {}
    same_id, found, found_inputs = plugin.read(MEMBERSHIP, id, state, checked)
    assert same_id == id == f"{team.id}:ada"
    assert plugin.kinds(MEMBERSHIP, found, checked) == {}
    assert plugin.kinds(MEMBERSHIP, found, found_inputs) == {}


def test_another_team_or_user_replaces(plugin: Plugin, made: Made, inputs: Values) -> None:
    _, state, checked = made(MEMBERSHIP, inputs)
    for change in ({"teamId": NOBODY}, {"teamId": UNKNOWN}, {"username": "bob"}):
        changed, replaced = decision(plugin, MEMBERSHIP, state, {**checked, **change})
        assert changed >= change.keys() and replaced


def test_stranger_is_invited(
    plugin: Plugin, made: Made, acme: Organization, team: Team, bob: Account, inputs: Values
) -> None:
    id, state, checked = made(MEMBERSHIP, {**inputs, "username": "bob"})
    assert team.members[bob.id].state == acme.members[bob.id].state == "pending"
    acme.accept(bob)
    _, found, _ = plugin.read(MEMBERSHIP, id, state, checked)
    assert plugin.kinds(MEMBERSHIP, found, checked) == {}


def test_who_leaves_a_team_stays_in_the_organization(
    plugin: Plugin, acme: Organization, team: Team, ada: Account, inputs: Values
) -> None:
    plugin.delete(MEMBERSHIP, *plugin.create(MEMBERSHIP, plugin.check(MEMBERSHIP, inputs)))
    assert ada.id not in team.members and acme.is_member(ada)


@ours
def test_what_the_official_one_has_filled_in_is_ignored(plugin: Plugin, inputs: Values) -> None:
    """The engine gives `role` back, which the program ignores, from a state that was made by that one."""
    theirs = {**inputs, "role": "member", "__defaults": ["role"]}
    assert plugin.check(MEMBERSHIP, {**inputs, "role": "member"}, theirs) == inputs


@ours
def test_invitation_is_told(plugin: Plugin, made: Made, inputs: Values) -> None:
    made(MEMBERSHIP, {**inputs, "username": "bob"})
    assert "bob is invited, and joins the team by accepting the invitation" in plugin.text()


def test_owner_of_the_organization_is_a_maintainer(
    plugin: Plugin, made: Made, team: Team, grace: Account, inputs: Values
) -> None:
    """Which the official plugin takes for a change, unless it is told to ignore it."""
    id, state, checked = made(MEMBERSHIP, {**inputs, "username": "grace"})
    assert grace.id in team.members
    _, found, _ = plugin.read(MEMBERSHIP, id, state, checked)
    for known in (state, found):
        changed = plugin.kinds(MEMBERSHIP, known, checked)
        assert changed == ({"role": "UPDATE"} if OFFICIAL else {})
        assert not plugin.diff(MEMBERSHIP, known, checked, ignore=("role",)).detailedDiff


def test_member_is_taken_over(made: Made, team: Team, ada: Account, inputs: Values) -> None:
    team.add(ada, role="maintainer")
    made(MEMBERSHIP, inputs)
    assert team.members[ada.id].role == "member"


@pytest.mark.parametrize("gone", ["membership", "team", "account"])
def test_membership_that_is_gone(
    plugin: Plugin, github: GitHub, acme: Organization, team: Team, bob: Account, gone: str
) -> None:
    inputs = {"teamId": str(team.id), "username": "bob"}
    checked = plugin.check(MEMBERSHIP, inputs)
    id, state = plugin.create(MEMBERSHIP, checked)
    if gone == "membership":
        team.members.clear()
    elif gone == "team":
        acme.teams.remove(team)
    else:
        bob.login = "robert"
    assert plugin.read(MEMBERSHIP, id, state, checked)[0] == ""
    if OFFICIAL:
        # Nothing of the program prevents it: the operator has to `pulumi refresh` first.
        with pytest.raises(PluginError, match="404"):
            plugin.delete(MEMBERSHIP, id, state)
    else:
        plugin.delete(MEMBERSHIP, id, state)


@ours
def test_unknown_user(made: Made, inputs: Values) -> None:
    with pytest.raises(PluginError, match=r"GitHub has no user 'nobody' to add to team .*correct"):
        made(MEMBERSHIP, {**inputs, "username": "nobody"})


@ours
def test_unknown_team(made: Made) -> None:
    sentence = f"cannot add ada to team {NOBODY}: GitHub has no such team"
    with pytest.raises(PluginError, match=sentence):
        made(MEMBERSHIP, {"teamId": NOBODY, "username": "ada"})


@ours
def test_name_is_no_path(made: Made, inputs: Values) -> None:
    with pytest.raises(PluginError, match="GitHub has no user"):
        made(MEMBERSHIP, {**inputs, "username": "../memberships/ada"})


@ours
def test_refusals_by_name(plugin: Plugin) -> None:
    named = {"teamId", "username", "role"}
    assert refused(plugin, MEMBERSHIP, {"role": "maintainer"}).keys() == named


def test_preview_asks_nobody(plugin: Plugin, github: GitHub, inputs: Values) -> None:
    before = [*github.requests]
    checked = plugin.check(MEMBERSHIP, {**inputs, "teamId": UNKNOWN})
    _, state = plugin.create(MEMBERSHIP, checked, preview=True)
    assert (state["teamId"], state["username"]) == (UNKNOWN, "ada")
    assert github.requests == before
