"""What the tests of the login rely on: the GitHub of our own refuses what GitHub refuses."""

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.github.model import App, GitHub
from tests.support.github.server import github_server

CALLBACK = "https://hub.example/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")


@pytest.fixture
def github() -> Iterator[GitHub]:
    with github_server() as github:
        github.add_account("ada")
        yield github


@pytest.fixture
def app(github: GitHub) -> App:
    return github.add_app("Hub", CALLBACK)


def sign_in(github: GitHub, app: App, **asked: str) -> httpx.URL:
    """Where ada's browser is sent."""
    query = {"client_id": app.client_id, "redirect_uri": CALLBACK, "state": "s", **asked}
    page = f"{github.url}/login/oauth/authorize"
    assert "Continue as ada" in httpx.get(page, params=query).text
    answer = httpx.post(page, params=query, data={"login": "ada"})
    assert answer.status_code == 302
    return httpx.URL(answer.headers["Location"])


def exchange(github: GitHub, app: App, **given: str) -> dict[str, Any]:
    answer = httpx.post(
        f"{github.url}/login/oauth/access_token",
        data={"client_id": app.client_id, "client_secret": app.client_secret, **given},
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 200
    return answer.json()


def get(github: GitHub, path: str, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{github.url}/api/v3{path}", headers=headers)


def test_code_gives_one_token(github: GitHub, app: App) -> None:
    back = sign_in(github, app, scope="read:user read:org")
    assert back.copy_with(query=None) == CALLBACK and back.params["state"] == "s"
    answer = exchange(github, app, code=back.params["code"])
    assert (answer["scope"], answer["token_type"]) == ("read:org,read:user", "bearer")
    user = get(github, "/user", answer["access_token"])
    assert user.json()["login"] == "ada" and user.headers["X-OAuth-Scopes"] == "read:org, read:user"
    assert exchange(github, app, code=back.params["code"])["error"] == "bad_verification_code"
    github.revoke("ada")
    assert get(github, "/user", answer["access_token"]).json()["message"] == "Bad credentials"


@pytest.mark.parametrize(("verifier", "right"), [(VERIFIER, True), ("w" * 43, False), ("", False)])
def test_verifier_is_compared(github: GitHub, app: App, verifier: str, right: bool) -> None:
    challenge = {"code_challenge": CHALLENGE.decode(), "code_challenge_method": "S256"}
    code = sign_in(github, app, **challenge).params["code"]
    answer = exchange(github, app, code=code, code_verifier=verifier)
    assert answer.get("error") == (None if right else "bad_verification_code")


def test_code_of_another_app(github: GitHub, app: App) -> None:
    other = github.add_app("Other", CALLBACK)
    code = sign_in(github, other).params["code"]
    assert exchange(github, app, code=code)["error"] == "bad_verification_code"


def test_secret_comes_first(github: GitHub, app: App) -> None:
    code = sign_in(github, app).params["code"]
    wrong = exchange(github, app, code=code, client_secret="x")
    assert wrong["error"] == "incorrect_client_credentials"
    assert "access_token" in exchange(github, app, code=code)


@pytest.mark.parametrize("redirect_uri", [f"{CALLBACK}/more", "https://evil.example/callback"])
def test_callback_is_an_exact_one(github: GitHub, app: App, redirect_uri: str) -> None:
    answer = httpx.get(
        f"{github.url}/login/oauth/authorize",
        params={"client_id": app.client_id, "redirect_uri": redirect_uri},
    )
    back = httpx.URL(answer.headers["Location"])
    assert back.copy_with(query=None) == CALLBACK
    assert back.params["error"] == "redirect_uri_mismatch"


def test_scope_or_permission_shows_what_members_see(github: GitHub) -> None:
    ada = github.accounts[0]
    bob = github.add_account("bob")
    acme = github.add_organization("acme", bob)
    acme.add(ada)
    acme.add_team("Data Science", ada)
    app = github.add_app("Hub", CALLBACK, permissions={"members": "read"})
    by_app = exchange(github, app, code=sign_in(github, app).params["code"])["access_token"]
    team = "/orgs/acme/teams/data-science/memberships/ada"
    for blind in (github.token("ada"), by_app):
        assert get(github, team, blind).status_code == 404
        seen = get(github, "/orgs/acme/members/bob", blind)
        assert seen.headers["Location"].endswith("/orgs/acme/public_members/bob")
    acme.apps.append(app)
    for reader in (github.token("ada", "read:org"), by_app):
        assert get(github, team, reader).json()["state"] == "active"
        assert get(github, "/orgs/acme/members/bob", reader).status_code == 204
    acme.remove(ada)
    assert get(github, team, by_app).status_code == 404


def test_down(github: GitHub) -> None:
    github.down = "refuse"
    assert get(github, "/user", github.token("ada")).status_code == 503
    github.down = "hang"
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(github.url, timeout=0.3)
    assert github.requests == [("GET", "/api/v3/user"), ("GET", "/")]
