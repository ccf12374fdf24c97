"""Teams."""

import pytest

from tests.conformance.github.common import NOBODY, TEAM, refused
from tests.support.github.model import Account, GitHub, Organization, Team
from tests.support.plugin_client import UNKNOWN, Plugin, PluginError
from tests.support.plugin_suite import Made, decision, ours

pytestmark = pytest.mark.slow

INPUTS = {
    "name": "Machine Learning",
    "description": "Learns",
    "privacy": "closed",
    "notificationSetting": "notifications_disabled",
}


def test_team_is_made_as_given(plugin: Plugin, made: Made, acme: Organization) -> None:
    id, state, checked = made(TEAM, INPUTS)
    team = acme.team("machine-learning")
    assert team and id == str(team.id)
    assert (team.name, team.description, team.privacy) == ("Machine Learning", "Learns", "closed")
    assert team.notification_setting == "notifications_disabled" and team.members == {}
    assert state == {**INPUTS, "createDefaultMaintainer": False, "nodeId": f"T_{id}"} | {
        "slug": "machine-learning"
    }
    assert plugin.kinds(TEAM, state, checked) == {}
    assert plugin.read(TEAM, id, state, checked) == (id, state, checked)


def test_defaults(made: Made, acme: Organization) -> None:
    made(TEAM, {"name": "plain"})
    team = acme.team("plain")
    assert team and (team.privacy, team.description) == ("secret", "")
    assert team.notification_setting == "notifications_enabled"


def test_name_is_made_up_and_kept(plugin: Plugin) -> None:
    first = plugin.check(TEAM, {})
    assert first["name"].startswith("thing-")
    assert plugin.check(TEAM, {}, first)["name"] == first["name"]


def test_creator_stays_on_demand(made: Made, acme: Organization, grace: Account) -> None:
    made(TEAM, {"name": "kept", "createDefaultMaintainer": True})
    team = acme.team("kept")
    assert team and [*team.members] == [grace.id]


def test_team_changes_in_place(
    plugin: Plugin, made: Made, acme: Organization, ada: Account
) -> None:
    id, state, checked = made(TEAM, {"name": "before", "description": "x"})
    team = acme.team("before")
    assert team
    team.add(ada)
    change = {**checked, **INPUTS, "createDefaultMaintainer": True}
    changed = {*INPUTS, "createDefaultMaintainer"}
    assert decision(plugin, TEAM, state, change) == (changed, False)
    new = plugin.update(TEAM, id, state, change)
    assert acme.team("machine-learning") is team and [*team.members] == [ada.id]
    assert (team.description, team.privacy) == ("Learns", "closed")
    assert team.notification_setting == "notifications_disabled"
    assert new["slug"] == "machine-learning"
    assert plugin.kinds(TEAM, new, change) == {}
    assert plugin.read(TEAM, id, new, change) == (id, new, change)


def test_description_is_taken_back(plugin: Plugin, made: Made, acme: Organization) -> None:
    id, state, checked = made(TEAM, INPUTS)
    del checked["description"]
    assert plugin.kinds(TEAM, state, checked) == {"description": "DELETE"}
    plugin.update(TEAM, id, state, checked)
    team = acme.team("machine-learning")
    assert team and team.description == ""


def test_change_by_hand_is_found(plugin: Plugin, made: Made, acme: Organization) -> None:
    id, state, checked = made(TEAM, INPUTS)
    team = acme.team("machine-learning")
    assert team
    team.name, team.description = "Renamed", None
    _, found, inputs = plugin.read(TEAM, id, state, checked)
    assert (found["name"], found["slug"], found["description"]) == ("Renamed", "renamed", "")
    assert inputs["name"] == "Renamed"
    assert decision(plugin, TEAM, found, checked) == ({"name", "description"}, False)


def test_team_that_is_gone(plugin: Plugin, made: Made, acme: Organization) -> None:
    id, state, checked = made(TEAM, INPUTS)
    acme.teams.clear()
    assert plugin.read(TEAM, id, state, checked)[0] == ""
    plugin.delete(TEAM, id, state)


def test_deleted(plugin: Plugin, acme: Organization) -> None:
    id, state = plugin.create(TEAM, plugin.check(TEAM, INPUTS))
    plugin.delete(TEAM, id, state)
    assert acme.teams == []


@pytest.mark.parametrize("by_slug", [False, True])
def test_import(plugin: Plugin, team: Team, by_slug: bool) -> None:
    asked = team.slug if by_slug else str(team.id)
    id, state, inputs = plugin.read(TEAM, asked, {})
    assert id == str(team.id) and state["slug"] == "data-science"
    expected = {"name": "Data Science", "privacy": "closed"}
    assert inputs == {**expected, "notificationSetting": "notifications_enabled"}
    assert plugin.kinds(TEAM, state, plugin.check(TEAM, expected)) == {}


@pytest.mark.parametrize("id", [NOBODY, "none"])
def test_import_of_no_team(plugin: Plugin, id: str) -> None:
    assert plugin.read(TEAM, id, {})[0] == ""


@ours
def test_second_team_of_a_name_is_refused(made: Made, team: Team) -> None:
    with pytest.raises(
        PluginError, match=r"create team data science: .*must be unique.*`pulumi import`"
    ):
        made(TEAM, {"name": "data science"})


@ours
def test_half_made_team_is_removed(
    made: Made, github: GitHub, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(github, "account", lambda login: None)  # who is to be removed again
    with pytest.raises(PluginError, match="cannot create team Machine Learning: "):
        made(TEAM, INPUTS)
    assert ("POST", "/api/v3/orgs/acme/teams") in github.requests and acme.teams == []


@ours
def test_refusals_by_name(plugin: Plugin) -> None:
    wrong = {
        "parentTeamId": "1",
        "ldapDn": "cn=x",
        "privacy": "open",
        "notificationSetting": "loud",
    }
    assert refused(plugin, TEAM, wrong).keys() == set(wrong)


def test_preview_asks_nobody(plugin: Plugin, made: Made, github: GitHub) -> None:
    id, state, checked = made(TEAM, INPUTS)
    before = [*github.requests]
    new = plugin.create(TEAM, checked, preview=True)
    assert new == ("", {**checked, "nodeId": UNKNOWN, "slug": UNKNOWN})
    renamed = plugin.update(TEAM, id, state, {**checked, "name": "x"}, preview=True)
    assert renamed == {**state, "name": "x", "slug": UNKNOWN}
    assert github.requests == before
