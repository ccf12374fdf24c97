"""Teams."""

from typing import Any

import pytest

from tests.conformance.github.common import TEAM
from tests.support.github.model import Account, GitHub, Organization, Team
from tests.support.plugin_client import Plugin, PluginError, Values
from tests.support.plugin_suite import Made, decision, ours, refused

pytestmark = pytest.mark.slow

INPUTS = {"name": "machine-learning", "privacy": "closed"}


def unchanged(plugin: Plugin, id: str, state: Values, checked: Values) -> bool:
    """Whether neither an update nor a refresh finds anything to do."""
    same_id, found, inputs = plugin.read(TEAM, id, state, checked)
    seen = [(state, checked), (found, checked), (found, inputs)]
    return same_id == id and all(plugin.kinds(TEAM, *pair) == {} for pair in seen)


def test_team_is_made_as_given(plugin: Plugin, made: Made, acme: Organization) -> None:
    id, state, checked = made(TEAM, INPUTS)
    team = acme.team("machine-learning")
    assert team and id == str(team.id)
    assert (team.name, team.privacy, team.members) == ("machine-learning", "closed", {})
    assert team.notification_setting == "notifications_enabled" and not team.description
    assert unchanged(plugin, id, state, checked)


# What the official plugin 6.15.0 has computed, and the defaults in its schema: it would change a
# team whose state lacks one of these.
HANDED_OVER = {"createDefaultMaintainer": False, "notificationSetting": "notifications_enabled"}


def test_state_has_what_another_plugin_would_miss(made: Made) -> None:
    id, state, _ = made(TEAM, INPUTS)
    expected = {**HANDED_OVER, **INPUTS, "slug": "machine-learning", "nodeId": f"T_{id}"}
    assert {name: state.get(name) for name in expected} == expected


@ours
def test_state_of_the_official_plugin_is_taken_over(plugin: Plugin, made: Made) -> None:
    id, state, checked = made(TEAM, INPUTS)
    official: dict[str, Any] = {
        **state,
        "description": "",
        "etag": 'W/"x"',
        "membersCount": 2,
        "parentTeamReadId": "",
        "parentTeamReadSlug": "",
    }
    assert unchanged(plugin, id, official, checked)


def test_team_changes_in_place(
    plugin: Plugin, made: Made, acme: Organization, ada: Account
) -> None:
    id, state, checked = made(TEAM, {"name": "before", "privacy": "secret"})
    team = acme.team("before")
    assert team
    team.add(ada)
    change = {**checked, **INPUTS}
    changed, replaced = decision(plugin, TEAM, state, change)
    assert changed >= {"name", "privacy"} and not replaced
    new = plugin.update(TEAM, id, state, change)
    assert acme.team("machine-learning") is team and [*team.members] == [ada.id]
    assert team.privacy == "closed"
    assert unchanged(plugin, id, new, change)


def test_change_by_hand_is_found(plugin: Plugin, made: Made, acme: Organization) -> None:
    id, state, checked = made(TEAM, INPUTS)
    team = acme.team("machine-learning")
    assert team
    team.name, team.privacy = "renamed", "secret"
    _, found, inputs = plugin.read(TEAM, id, state, checked)
    assert (found["name"], inputs["name"]) == ("renamed", "renamed")
    changed, replaced = decision(plugin, TEAM, found, checked)
    assert changed >= {"name", "privacy"} and not replaced


def test_team_that_is_gone(plugin: Plugin, made: Made, acme: Organization) -> None:
    id, state, checked = made(TEAM, INPUTS)
    acme.teams.pop()
    assert plugin.read(TEAM, id, state, checked)[0] == ""
    plugin.delete(TEAM, id, state)


@ours
def test_second_team_of_a_name_is_refused(made: Made, team: Team) -> None:
    with pytest.raises(
        PluginError, match=r"create team data science: .*must be unique.*choose another name"
    ):
        made(TEAM, {**INPUTS, "name": "data science"})


@ours
def test_half_made_team_is_removed(
    made: Made, github: GitHub, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(github, "account", lambda login: None)  # who is to be removed again
    with pytest.raises(PluginError, match="cannot create team machine-learning: "):
        made(TEAM, INPUTS)
    assert ("POST", "/api/v3/orgs/acme/teams") in github.requests
    assert acme.team("machine-learning") is None


@ours
def test_refusals_by_name(plugin: Plugin) -> None:
    assert refused(plugin, TEAM, {"description": "x"}).keys() == {"name", "privacy", "description"}


@ours
def test_import_needs_the_official_plugin(plugin: Plugin, team: Team) -> None:
    with pytest.raises(PluginError, match="importing needs the official github plugin"):
        plugin.read(TEAM, str(team.id), {})


def test_preview_asks_nobody(plugin: Plugin, github: GitHub) -> None:
    before = [*github.requests]
    checked = plugin.check(TEAM, INPUTS)
    _, made = plugin.create(TEAM, checked, preview=True)
    assert made["name"] == "machine-learning"
    state, change = {**HANDED_OVER, **checked}, {**checked, "name": "x"}
    assert plugin.update(TEAM, "1", state, change, preview=True)["name"] == "x"
    assert github.requests == before
