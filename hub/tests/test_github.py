"""What GitHub's answers mean; the whole login is a live test's."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cyberhubs_hub import memberships
from cyberhubs_hub.memberships import GithubClient, GithubError

Answers = dict[str, Callable[[], web.Response]]
At = Callable[[Answers], GithubClient]


@pytest.fixture
async def at() -> AsyncIterator[At]:
    """GitHub as the bearer of a token sees it, with the given answers to each path."""
    answers: Answers = {"/user": json(login="Grace"), "/orgs/org": json(login="org")}

    async def answer(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer token"
        if request.path == "/orgs/slow/members/grace":
            await asyncio.sleep(5)
        return answers[request.path]()

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with TestServer(app) as server, aiohttp.ClientSession() as http:

        def at(given: Answers) -> GithubClient:
            answers.update(given)
            return GithubClient(http, str(server.make_url("")).rstrip("/"), "token")

        yield at


def status(code: int, **headers: str) -> Callable[[], web.Response]:
    return lambda: web.Response(status=code, headers=headers)


def json(**values: str) -> Callable[[], web.Response]:
    return lambda: web.json_response(values)


def refusal(message: str) -> Callable[[], web.Response]:
    return lambda: web.json_response({"message": message}, status=403)


ORG, TEAM = "/orgs/org/members/grace", "/orgs/org/teams/team/memberships/grace"


@pytest.mark.parametrize(
    ("organization", "path", "answer", "member"),
    [
        ("org", ORG, status(204), True),
        ("org", ORG, status(404), False),
        ("org", ORG, status(302, Location="/orgs/org/public_members/grace"), False),
        ("org:team", TEAM, json(state="active"), True),
        ("org:team", TEAM, json(state="pending"), False),
        ("org:team", TEAM, status(404), False),
    ],
)
async def test_who_is_a_member(at: At, organization, path, answer, member) -> None:
    found = await at({path: answer}).memberships("grace", {organization})
    assert found == ([organization] if member else [])


SSO = "required; url=https://github.example/orgs/org/sso?authorization_request=A%2F"


def in_half_an_hour() -> web.Response:
    """Limited until then, from when it is asked."""
    reset = str(int(time.time()) + 1800)
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
    return web.json_response({}, status=403, headers=headers)


@pytest.mark.parametrize("path", [ORG, TEAM])
@pytest.mark.parametrize(
    ("answer", "why", "retry_s", "sign_in"),
    [
        (status(401), "no longer accepts", 300, True),
        (status(403, **{"X-GitHub-SSO": SSO}), "open https://github.example/orgs/", 300, True),
        (status(404, **{"X-GitHub-SSO": SSO}), "sign in here again", 300, True),
        (status(403, **{"retry-after": "60", "x-ratelimit-remaining": "4000"}), "60 s", 60, False),
        (status(429, **{"retry-after": "7"}), "for 7 s", 7, False),
        (status(429), "too many", 60, False),
        (status(429, **{"retry-after": "999999"}), "for 3600 s", 3600, False),
        (status(429, **{"retry-after": "Fri, 01 Jan 2100 00:00:00 GMT"}), "for 60 s", 60, False),
        (in_half_an_hour, "too many", 1800, False),
        (refusal("You have exceeded a secondary rate limit."), "for 60 s", 60, False),
        (refusal("Although … has enabled OAuth App access restrictions"), "OAuth App", 300, False),
        (refusal("… has an IP allow list enabled"), "IP allow list", 300, False),
        (refusal("Sorry. Your account was suspended."), "suspended", 300, False),
        (status(403), "does not show", 300, False),
        (status(500), "500", 30, False),
        (status(503, **{"retry-after": "120"}), "503", 120, False),
        (status(301), "301", 30, False),
        (json(message="no state"), "understood", 30, False),
        (lambda: web.Response(text="{"), "does not answer", 30, False),
        (lambda: web.Response(text="[]"), "does not answer", 30, False),
    ],
)
async def test_an_answer_that_says_nothing_is_no_no(
    at: At, path, answer, why, retry_s, sign_in
) -> None:
    with pytest.raises(GithubError, match=why) as error:
        await at({path: answer}).memberships("grace", {"org" if path == ORG else "org:team"})
    assert error.value.retry_s == pytest.approx(retry_s, abs=30 if retry_s == 1800 else 0)
    assert error.value.sign_in == sign_in


@pytest.mark.parametrize(
    ("path", "answer", "why"),
    [
        ("/user", json(login="hopper"), "grace is called hopper at GitHub now"),
        ("/user", status(401), "no longer accepts"),
        ("/orgs/org", status(404), "shows no organization org"),
    ],
)
async def test_a_no_about_another_name_is_no_no(at: At, path, answer, why) -> None:
    with pytest.raises(GithubError, match=why):
        await at({ORG: status(404), path: answer}).memberships("grace", {"org"})


def user(scopes: str) -> Callable[[], web.Response]:
    return lambda: web.json_response({"login": "grace"}, headers={"X-OAuth-Scopes": scopes})


@pytest.mark.parametrize("answer", [status(302), status(404)])
@pytest.mark.parametrize("scopes", ["", "repo, read:user"])
async def test_a_token_that_shows_no_organization(at: At, answer, scopes) -> None:
    answers = {ORG: answer, "/user": user(scopes)}
    with pytest.raises(GithubError, match="does not show GitHub organizations") as error:
        await at(answers).memberships("grace", {"org"})
    assert error.value.sign_in
    assert not await at({"/user": user("read:org, repo")}).memberships("grace", {"org"})
    assert not await at({"/user": json(login="grace")}).memberships("grace", {"org"})  # of an App
    assert await at({**answers, ORG: status(204)}).memberships("grace", {"org"})


async def test_a_github_that_hangs(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memberships, "LIMIT_S", 0.2)
    with pytest.raises(GithubError):
        await at({}).memberships("grace", {"slow"})


async def test_one_membership_is_enough(at: At) -> None:
    answers = {
        "/orgs/a/members/grace": status(403),
        "/orgs/b/members/grace": status(403, **{"X-GitHub-SSO": SSO}),
        "/orgs/c/members/grace": status(204),
    }
    assert await at(answers).memberships("grace", {"a", "b", "c", "d"}) == ["c"]
    with pytest.raises(GithubError) as error:
        await at({"/orgs/c/members/grace": status(403)}).memberships("grace", {"a", "b", "c"})
    assert error.value.sign_in  # the reason that the person can mend


async def test_a_hidden_team_is_told_from_one_of_others(at: At) -> None:
    github = at(
        {
            ORG: status(204),
            "/orgs/org/teams/misspelt": status(404),
            "/orgs/org/teams/team": json(login="org"),
            "/orgs/other": json(login="org"),
            "/orgs/other/members/grace": status(302),  # whose teams nobody outside may see
        }
    )
    asked = {"org", "org:team", "org:misspelt", "other", "other:team"}
    assert await github.hidden_teams("grace", asked) == ["org:misspelt"]
