"""Memberships of teams."""

from collections.abc import Iterator

import pytest

from tests.conformance.github.common import MEMBERSHIP, NOBODY, refused
from tests.support.github.model import Account, GitHub, Organization, Team
from tests.support.plugin_client import Plugin, PluginError, Values
from tests.support.plugin_suite import Made, decision, ours

pytestmark = pytest.mark.slow


@pytest.fixture
def inputs(team: Team) -> Values:
    return {"teamId": str(team.id), "username": "ada"}


@pytest.fixture
def bob(github: GitHub, acme: Organization) -> Iterator[Account]:
    """Who is no member of the organization."""
    bob = github.add_account("bob")
    yield bob
    acme.remove(bob)
    github.accounts.remove(bob)


def test_membership_is_made_as_given(
    plugin: Plugin, made: Made, team: Team, ada: Account, inputs: Values
) -> None:
    id, state, checked = made(MEMBERSHIP, inputs)
    assert id == f"{team.id}:ada" and state == checked == {**inputs, "role": "member"}
    assert (team.members[ada.id].role, team.members[ada.id].state) == ("member", "active")
    assert plugin.kinds(MEMBERSHIP, state, checked) == {}
    assert plugin.read(MEMBERSHIP, id, state, checked) == (id, state, checked)


def test_team_by_its_slug(plugin: Plugin, made: Made, team: Team, ada: Account) -> None:
    id, state, checked = made(MEMBERSHIP, {"teamId": "data-science", "username": "ada"})
    assert id == "data-science:ada" and ada.id in team.members
    assert plugin.read(MEMBERSHIP, id, state, checked) == (id, state, checked)


def test_role_changes_in_place(
    plugin: Plugin, made: Made, team: Team, ada: Account, inputs: Values
) -> None:
    id, state, checked = made(MEMBERSHIP, inputs)
    change = {**checked, "role": "maintainer"}
    assert decision(plugin, MEMBERSHIP, state, change) == ({"role"}, False)
    new = plugin.update(MEMBERSHIP, id, state, change)
    assert new["role"] == team.members[ada.id].role == "maintainer"
    assert plugin.read(MEMBERSHIP, id, new, change) == (id, new, change)


def test_another_team_or_user_replaces(plugin: Plugin, made: Made, inputs: Values) -> None:
    _, state, checked = made(MEMBERSHIP, inputs)
    for change in ({"teamId": "other"}, {"username": "bob"}):
        assert decision(plugin, MEMBERSHIP, state, {**checked, **change}) == (set(change), True)


def test_case_of_a_name_means_nothing(plugin: Plugin, made: Made, inputs: Values) -> None:
    _, state, checked = made(MEMBERSHIP, {**inputs, "username": "Ada"})
    assert plugin.kinds(MEMBERSHIP, state, {**checked, "username": "ada"}) == {}


def test_stranger_is_invited(
    plugin: Plugin, made: Made, acme: Organization, team: Team, bob: Account, inputs: Values
) -> None:
    id, state, checked = made(MEMBERSHIP, {**inputs, "username": "bob"})
    assert team.members[bob.id].state == acme.members[bob.id].state == "pending"
    acme.accept(bob)
    assert plugin.read(MEMBERSHIP, id, state, checked) == (id, state, checked)
    plugin.delete(MEMBERSHIP, id, state)
    assert bob.id not in team.members and acme.is_member(bob)


@ours
def test_invitation_is_told(plugin: Plugin, made: Made, bob: Account, inputs: Values) -> None:
    made(MEMBERSHIP, {**inputs, "username": "bob"})
    assert "bob is invited, and joins the team by accepting the invitation" in plugin.text()


def test_owner_is_a_maintainer(plugin: Plugin, made: Made, inputs: Values) -> None:
    _, state, checked = made(MEMBERSHIP, {**inputs, "username": "grace"})
    assert state["role"] == "maintainer"
    assert plugin.kinds(MEMBERSHIP, state, checked) == {"role": "UPDATE"}


def test_member_is_taken_over(made: Made, team: Team, ada: Account, inputs: Values) -> None:
    team.add(ada)
    made(MEMBERSHIP, {**inputs, "role": "maintainer"})
    assert team.members[ada.id].role == "maintainer"


def test_change_by_hand_is_found(
    plugin: Plugin, made: Made, team: Team, ada: Account, inputs: Values
) -> None:
    id, state, checked = made(MEMBERSHIP, inputs)
    team.add(ada, role="maintainer")
    _, found, changed = plugin.read(MEMBERSHIP, id, state, checked)
    assert found["role"] == changed["role"] == "maintainer"
    assert plugin.kinds(MEMBERSHIP, found, checked) == {"role": "UPDATE"}


@pytest.mark.parametrize("whole_team", [False, True])
def test_membership_that_is_gone(
    plugin: Plugin, made: Made, acme: Organization, team: Team, inputs: Values, whole_team: bool
) -> None:
    id, state, checked = made(MEMBERSHIP, inputs)
    if whole_team:
        acme.teams.remove(team)
    team.members.clear()
    assert plugin.read(MEMBERSHIP, id, state, checked)[0] == ""
    plugin.delete(MEMBERSHIP, id, state)


def test_account_that_is_gone(plugin: Plugin, made: Made, github: GitHub, inputs: Values) -> None:
    brief = github.add_account("brief")
    id, state, checked = made(MEMBERSHIP, {**inputs, "username": "brief"})
    github.accounts.remove(brief)
    assert plugin.read(MEMBERSHIP, id, state, checked)[0] == ""
    plugin.delete(MEMBERSHIP, id, state)


@pytest.mark.parametrize("by_slug", [False, True])
def test_import(plugin: Plugin, team: Team, ada: Account, inputs: Values, by_slug: bool) -> None:
    team.add(ada)
    asked = team.slug if by_slug else team.id
    id, state, found = plugin.read(MEMBERSHIP, f"{asked}:ada", {})
    assert id == f"{team.id}:ada" and state == found == {**inputs, "role": "member"}


def test_import_of_nothing(plugin: Plugin, team: Team) -> None:
    for id in (f"{team.id}:ada", f"{NOBODY}:ada", "none:ada", f"{team.id}:nobody"):
        assert plugin.read(MEMBERSHIP, id, {})[0] == ""


@ours
def test_import_by_another_id(plugin: Plugin) -> None:
    with pytest.raises(PluginError, match=r"'ada' is no team membership's id; give one such as"):
        plugin.read(MEMBERSHIP, "ada", {})


@ours
def test_unknown_user(made: Made, inputs: Values) -> None:
    with pytest.raises(PluginError, match=r"GitHub has no user 'nobody' to add to team .*correct"):
        made(MEMBERSHIP, {**inputs, "username": "nobody"})


@ours
@pytest.mark.parametrize("team_id", [NOBODY, "none"])
def test_unknown_team(made: Made, team_id: str) -> None:
    sentence = f"cannot add ada to team {team_id}: GitHub has no such team"
    with pytest.raises(PluginError, match=sentence):
        made(MEMBERSHIP, {"teamId": team_id, "username": "ada"})


@ours
def test_name_is_no_path(made: Made, github: GitHub, inputs: Values) -> None:
    with pytest.raises(PluginError, match="GitHub has no user"):
        made(MEMBERSHIP, {**inputs, "username": "../memberships/ada"})


@ours
def test_refusals_by_name(plugin: Plugin) -> None:
    assert refused(plugin, MEMBERSHIP, {"role": "owner", "etag": "x"}).keys() == {
        "teamId",
        "username",
        "role",
        "etag",
    }


def test_preview_asks_nobody(plugin: Plugin, github: GitHub, inputs: Values) -> None:
    before = [*github.requests]
    checked = plugin.check(MEMBERSHIP, inputs)
    assert plugin.create(MEMBERSHIP, checked, preview=True) == ("", checked)
    change = {**checked, "role": "maintainer"}
    assert plugin.update(MEMBERSHIP, "1:ada", checked, change, preview=True) == change
    assert github.requests == before
