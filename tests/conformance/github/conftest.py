"""A GitHub for all these tests, the plugin under test, and what its tests start from."""

from collections.abc import Iterator

import pytest

from tests.support.github.model import Account, GitHub, Organization, Team
from tests.support.github.server import github_server
from tests.support.plugin_client import Plugin, Secret, Values
from tests.support.plugin_suite import Made


@pytest.fixture(scope="package")
def github() -> Iterator[GitHub]:
    with github_server() as github:
        yield github


@pytest.fixture(scope="package")
def grace(github: GitHub) -> Account:
    """The owner of the organization."""
    return github.add_account("grace")


@pytest.fixture(scope="package")
def ada(github: GitHub) -> Account:
    """A member."""
    return github.add_account("ada")


@pytest.fixture(scope="package")
def acme(github: GitHub, grace: Account, ada: Account) -> Organization:
    acme = github.add_organization("acme", grace)
    acme.add(ada)
    return acme


@pytest.fixture(scope="package")
def config(github: GitHub, acme: Organization) -> Values:
    token = github.token("grace", "admin:org")
    return {"token": Secret(token), "baseUrl": f"{github.url}/", "owner": "acme"}


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory, config: Values) -> Iterator[Plugin]:
    with Plugin("github", tmp_path_factory.mktemp("work"), config) as plugin:
        yield plugin


@pytest.fixture
def team(acme: Organization) -> Iterator[Team]:
    """One that somebody else has made."""
    team = acme.add_team("Data Science")
    yield team
    if team in acme.teams:
        acme.teams.remove(team)


@pytest.fixture
def bob(github: GitHub, acme: Organization) -> Iterator[Account]:
    """Who is no member of the organization."""
    bob = github.add_account("bob")
    yield bob
    acme.remove(bob)
    github.accounts.remove(bob)


@pytest.fixture
def made(plugin: Plugin, acme: Organization, team: Team, bob: Account) -> Iterator[Made]:
    """Removes what it made while team and bob are still there."""
    before = [*acme.teams]
    made = Made(plugin)
    yield made
    made.remove()
    assert acme.teams == before
