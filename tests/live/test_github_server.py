"""What the tests of the login rely on: the GitHub of our own refuses what GitHub refuses."""

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.live.github.model import CODE_S, TOKEN_S, App, GitHub
from tests.live.github_server import github_server

CALLBACK = "https://hub.example/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")


@pytest.fixture
def github() -> Iterator[GitHub]:
    with github_server() as github:
        github.add_account("ada", email="ada@example.org")
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
    back = sign_in(github, app, scope="user:email read:org")
    assert back.copy_with(query=None) == CALLBACK and back.params["state"] == "s"
    answer = exchange(github, app, code=back.params["code"])
    assert (answer["scope"], answer["token_type"]) == ("read:org,user:email", "bearer")
    user = get(github, "/user", answer["access_token"])
    assert (
        user.json()["login"] == "ada" and user.headers["X-OAuth-Scopes"] == "read:org, user:email"
    )
    assert exchange(github, app, code=back.params["code"])["error"] == "bad_verification_code"
    github.revoke("ada")
    assert get(github, "/user", answer["access_token"]).json()["message"] == "Bad credentials"


@pytest.mark.parametrize(("verifier", "right"), [(VERIFIER, True), ("w" * 43, False), ("", False)])
def test_verifier_is_compared(github: GitHub, app: App, verifier: str, right: bool) -> None:
    challenge = {"code_challenge": CHALLENGE.decode(), "code_challenge_method": "S256"}
    code = sign_in(github, app, **challenge).params["code"]
    answer = exchange(github, app, code=code, code_verifier=verifier)
    assert answer.get("error") == (None if right else "bad_verification_code")


def test_code_of_another_app_or_an_old_one(github: GitHub, app: App) -> None:
    other = github.add_app("Other", CALLBACK)
    code = sign_in(github, other).params["code"]
    assert exchange(github, app, code=code)["error"] == "bad_verification_code"
    code = sign_in(github, app).params["code"]
    github.ahead_s = CODE_S + 1
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


def test_expiring_token_is_refreshed_once(github: GitHub) -> None:
    app = github.add_app("Hub", CALLBACK, permissions={"members": "read"}, expiring=True)
    first = exchange(github, app, code=sign_in(github, app, scope="repo").params["code"])
    github.ahead_s = TOKEN_S + 1
    assert get(github, "/user", first["access_token"]).status_code == 401
    refresh = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = exchange(github, app, **refresh)
    assert get(github, "/user", second["access_token"]).headers["X-OAuth-Scopes"] == ""
    assert exchange(github, app, **refresh)["error"] == "bad_refresh_token"


def test_scope_shows_what_members_see(github: GitHub) -> None:
    ada = github.accounts[0]
    bob = github.add_account("bob")
    acme = github.add_organization("acme", bob)
    acme.add(ada)
    acme.add_team("Data Science", ada)
    plain, reader = github.token("ada"), github.token("ada", "read:org")
    for path in ("/user/teams", "/orgs/acme/teams/data-science/members/ada"):
        assert get(github, path, plain).status_code == 404
        assert get(github, path, reader).is_success
    assert get(github, "/user/memberships/orgs/acme", plain).status_code == 403
    seen = get(github, "/orgs/acme/members/bob", plain)
    assert seen.headers["Location"].endswith("/orgs/acme/public_members/bob")
    assert get(github, "/orgs/acme/public_members/bob", plain).status_code == 404
    assert get(github, "/orgs/acme/members/bob", reader).status_code == 204
    acme.remove(ada)
    assert get(github, "/user/teams", reader).json() == []


def test_pages_are_linked(github: GitHub) -> None:
    ada = github.accounts[0]
    acme = github.add_organization("acme", ada)
    for number in range(3):
        acme.add_team(f"team {number}", ada)
    token = github.token("ada", "read:org")
    first = get(github, "/user/teams?per_page=2", token)
    following = first.links["next"]["url"].removeprefix(f"{github.url}/api/v3")
    last = get(github, following, token)
    assert [len(page.json()) for page in (first, last)] == [2, 1]
    assert "next" not in last.links


def test_manifest_makes_an_app_once(github: GitHub) -> None:
    manifest = {
        "name": "Hub",
        "url": "https://hub.example",
        "redirect_url": "https://hub.example/made",
        "callback_urls": [CALLBACK],
        "default_permissions": {"members": "read"},
    }
    form = {"manifest": json.dumps(manifest)}
    page = httpx.post(f"{github.url}/settings/apps/new?state=s", data=form)
    assert "Create GitHub App" in page.text
    made = httpx.post(f"{github.url}/settings/apps", data=form | {"name": "Hub", "state": "s"})
    back = httpx.URL(made.headers["Location"])
    assert back.copy_with(query=None) == "https://hub.example/made" and back.params["state"] == "s"
    address = f"{github.url}/api/v3/app-manifests/{back.params['code']}/conversions"
    answer = httpx.post(address)
    assert answer.status_code == 201
    app = github.app(answer.json()["client_id"])
    assert app and app.client_secret == answer.json()["client_secret"]
    assert app.callback_urls == [CALLBACK] and app.permissions == {"members": "read"}
    assert httpx.post(address).status_code == 404


def test_down(github: GitHub) -> None:
    github.down = "refuse"
    assert get(github, "/user", github.token("ada")).status_code == 503
    github.down = "hang"
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(github.url, timeout=0.3)
    assert github.requests == [("GET", "/api/v3/user"), ("GET", "/")]
