"""The plugin itself: its configuration, its way to GitHub, and what it says where that fails."""

import concurrent.futures
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from pulumi.runtime.proto.provider_pb2 import DiffResponse

from offline.plugins.github import connection
from offline.plugins.resource import Call
from tests.conformance.github.common import MEMBERSHIP, TEAM
from tests.support.github.model import Account, GitHub, Organization, Team
from tests.support.plugin_client import Plugin, PluginError, Values
from tests.support.plugin_suite import Made, ours

pytestmark = pytest.mark.slow

INPUTS = {"name": "x", "privacy": "closed"}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)


def failure(directory: Path, config: Values) -> str:
    """What the creation of a team says."""
    with Plugin("github", directory, config) as plugin:
        checked = plugin.check(TEAM, INPUTS)
        with pytest.raises(PluginError) as refused:
            plugin.create(TEAM, checked)
        assert "ghp_" not in f"{refused.value}{plugin.text()}"
    return str(refused.value)


@contextmanager
def made_by(directory: Path, config: Values) -> Iterator[None]:
    """While a team is there that a plugin with this configuration has made."""
    with Plugin("github", directory, config) as plugin:
        made = Made(plugin)
        made(TEAM, INPUTS)
        yield
        made.remove()


def test_token_of_the_environment(
    tmp_path: Path,
    github: GitHub,
    acme: Organization,
    config: Values,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", github.token("grace", "admin:org"))
    given = {name: value for name, value in config.items() if name != "token"}
    with made_by(tmp_path, {**given, "owner": "ACME"}):
        assert acme.team("x")


@ours
@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("https://api.github.com/", "https://api.github.com"),
        ("https://github.com/", "https://api.github.com"),
        ("https://octo.ghe.com/", "https://api.octo.ghe.com"),
        ("https://api.octo.ghe.com/", "https://api.octo.ghe.com"),
        ("https://github.example.org", "https://github.example.org/api/v3"),
        ("https://github.example.org/api/v3/", "https://github.example.org/api/v3"),
    ],
)
def test_address_of_the_api(given: str, address: str) -> None:
    hub = connection.GitHub()
    hub.configure({"baseUrl": given})
    assert hub.address == address


@ours
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"token": ""}, "there is no token for GitHub: set GITHUB_TOKEN and run this again"),
        ({"owner": "emca"}, "there is no organization 'emca' at http://"),
        ({"owner": "ada"}, "there is no organization 'ada' at http://"),
        ({"owner": "../user"}, "there is no organization '../user' at http://"),
        (
            {"token": "ghp_wrong"},
            "does not accept the token (Bad credentials); it may have expired",
        ),
        ({"token": "ghp_1\n2"}, "the token for GitHub has characters that none has; copy it again"),
    ],
)
def test_wrong_configuration(tmp_path: Path, config: Values, change: Values, sentence: str) -> None:
    assert sentence in failure(tmp_path, {**config, **change})


@ours
def test_token_with_a_line_end(tmp_path: Path, github: GitHub, config: Values) -> None:
    token = github.token("grace", "admin:org")
    with made_by(tmp_path, {**config, "token": f"{token}\n"}):
        pass


@ours
def test_token_that_was_revoked(tmp_path: Path, github: GitHub, config: Values) -> None:
    brief = github.add_account("brief")
    token = github.token("brief", "admin:org")
    github.revoke("brief")
    assert "does not accept the token" in failure(tmp_path, {**config, "token": token})
    github.accounts.remove(brief)


@ours
@pytest.mark.parametrize("scopes", ["", "read:org", "repo user:email"])
def test_token_that_lacks_the_scope(
    tmp_path: Path, github: GitHub, config: Values, scopes: str
) -> None:
    sentence = failure(tmp_path, {**config, "token": github.token("grace", scopes)})
    shown = ", ".join(sorted(scopes.split()))
    assert f"the token has the scopes '{shown}'; make one that has admin:org" in sentence


@ours
def test_nothing_is_gone_for_a_token_that_sees_nothing(
    tmp_path: Path, github: GitHub, config: Values, team: Team, ada: Account
) -> None:
    team.add(ada)
    id, member = str(team.id), {"teamId": str(team.id), "username": "ada"}
    with Plugin("github", tmp_path, {**config, "token": github.token("grace")}) as plugin:
        for method in (plugin.read, plugin.delete):
            with pytest.raises(PluginError, match="make one that has admin:org"):
                method(TEAM, id, {"name": "Data Science", "privacy": "closed"})
            with pytest.raises(PluginError, match="make one that has admin:org"):
                method(MEMBERSHIP, f"{id}:ada", member)


@ours
def test_token_of_a_mere_member(tmp_path: Path, github: GitHub, config: Values, team: Team) -> None:
    token = github.token("ada", "admin:org")
    inputs = {"teamId": str(team.id), "username": "ada"}
    with Plugin("github", tmp_path, {**config, "token": token}) as plugin:
        checked = plugin.check(MEMBERSHIP, inputs)
        with pytest.raises(
            PluginError, match=r"organization owner or team maintainer.*of an owner"
        ):
            plugin.create(MEMBERSHIP, checked)


@ours
def test_github_that_is_not_there(tmp_path: Path, config: Values) -> None:
    sentence = failure(tmp_path, {**config, "baseUrl": "http://127.0.0.1:1"})
    assert "does not answer at http://127.0.0.1:1/api/v3 (" in sentence
    assert "Connection refused" in sentence and "check the address and the network" in sentence


@ours
def test_nothing_that_stays_needs_github(
    tmp_path: Path, config: Values, plugin: Plugin, made: Made
) -> None:
    """An update that changes something else works while GitHub is down."""
    _, state, checked = made(TEAM, INPUTS)
    with Plugin("github", tmp_path, {**config, "baseUrl": "http://127.0.0.1:1"}) as alone:
        assert alone.check(TEAM, INPUTS, checked) == checked
        assert alone.kinds(TEAM, state, checked) == {}


@ours
def test_github_that_hangs_is_waited_for_once(
    github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "TIMEOUT_S", 0.5)
    monkeypatch.setattr(github, "down", "hang")
    hub = connection.GitHub()
    hub.configure({"baseUrl": github.url, "token": "x"})
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        call = Call("urn", log=lambda message: None)
        for asked in [pool.submit(hub.request, call, "GET", "/user") for _ in range(4)]:
            with pytest.raises(httpx.ReadTimeout):
                asked.result()
    assert 0.5 < time.monotonic() - began < 1.5


@ours
def test_failure_of_github(
    tmp_path: Path, github: GitHub, config: Values, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(github, "down", "refuse")
    assert "GitHub has failed (503: Service Unavailable); run this again" in failure(
        tmp_path, config
    )


def test_short_failure_is_waited_out(tmp_path: Path, github: GitHub, config: Values) -> None:
    with Plugin("github", tmp_path, config) as plugin:
        made, start = Made(plugin), len(github.requests)
        github.down = "refuse"
        threading.Timer(1.5, setattr, (github, "down", None)).start()
        made(TEAM, INPUTS)
        made.remove()
    assert github.requests[start] == github.requests[start + 1]


@ours
def test_operator_stops_it(
    tmp_path: Path, github: GitHub, config: Values, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(github, "down", "refuse")
    with Plugin("github", tmp_path, config) as plugin:
        checked = plugin.check(TEAM, INPUTS)
        threading.Timer(0.5, plugin.cancel).start()
        with pytest.raises(PluginError, match="stopped by the operator; run it again to go on"):
            plugin.create(TEAM, checked)


@ours
def test_stopped_creation_leaves_no_team(
    tmp_path: Path, github: GitHub, acme: Organization, config: Values
) -> None:
    with Plugin("github", tmp_path, config) as plugin:
        checked = plugin.check(TEAM, INPUTS)
        threading.Timer(0.5, plugin.cancel).start()  # before its creator is removed from it
        with pytest.raises(PluginError, match="stopped by the operator"):
            plugin.create(TEAM, checked)
    assert github.requests[-3] == ("POST", "/api/v3/orgs/acme/teams") and acme.teams == []


@ours
def test_limit_of_requests(
    tmp_path: Path, github: GitHub, config: Values, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(github, "rate_limited", True)
    sentence = failure(tmp_path, config)
    assert "answers no more requests (API rate limit exceeded" in sentence
    assert re.search(r"run this again after \d\d:\d\d$", sentence)


@ours
def test_when_to_ask_again() -> None:
    def delay(status: int, **headers: str) -> int | None:
        return connection._retry_delay(httpx.Response(status, headers=headers))

    assert delay(403, **{"retry-after": "7"}) == delay(429, **{"retry-after": "7"}) == 7
    assert delay(502) == 1
    assert delay(403) is delay(404) is delay(403, **{"retry-after": "3600"}) is None


def test_writes_are_apart(tmp_path: Path, config: Values) -> None:
    began = time.monotonic()
    with made_by(tmp_path, config):  # made, left by grace, deleted
        pass
    assert time.monotonic() - began > 2


@ours
def test_configuration_is_checked_by_name(plugin: Plugin, config: Values) -> None:
    plugin.check_config(config)
    with pytest.raises(PluginError) as refused:
        plugin.check_config({"appAuth": "{}", "baseUrl": "github.example.org"})
    named = {line.split(":")[0] for line in str(refused.value).splitlines()}
    assert named == {"appAuth", "baseUrl", "owner"}


@pytest.mark.parametrize(
    "change", [{"owner": "emca"}, {"baseUrl": "https://other.example.org/"}, {"token": "ghp_2"}]
)
def test_another_configuration_updates_the_provider(plugin: Plugin, change: Values) -> None:
    old = {"owner": "acme", "baseUrl": "https://github.example.org/", "token": "ghp_1"}
    assert plugin.diff_config(old, old).changes != DiffResponse.DIFF_SOME
    response = plugin.diff_config(old, {**old, **change})
    assert response.changes == DiffResponse.DIFF_SOME and not response.replaces


def test_many_side_by_side(plugin: Plugin, made: Made, team: Team, github: GitHub) -> None:
    people = [github.add_account(f"person-{number}") for number in range(3)]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        inputs = [{"teamId": str(team.id), "username": account.login} for account in people]
        list(pool.map(lambda given: made(MEMBERSHIP, given), inputs))
    assert team.members.keys() == {account.id for account in people}


@ours
def test_other_resources_are_refused_by_name(plugin: Plugin) -> None:
    token = "github:index/repository:Repository"
    with pytest.raises(PluginError, match=f"'{token}' is not carried out.*official github"):
        plugin.check(token, {})
    assert plugin.version().version == "6.15.0"
