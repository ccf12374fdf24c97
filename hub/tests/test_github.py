"""What GitHub's answers mean; the whole login is a live test's."""

import asyncio
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cyberhubs_hub import github
from cyberhubs_hub.github import GithubClient, GithubError

Answers = dict[str, Callable[[], web.Response]]
At = Callable[[Answers], GithubClient]


@pytest.fixture
async def at() -> AsyncIterator[At]:
    """GitHub as the bearer of a token sees it, with the given answers to each path."""
    answers: Answers = {}

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


ORG, TEAM = "/orgs/org/members/grace", "/orgs/org/teams/team/memberships/grace"


@pytest.mark.parametrize(
    ("organization", "path", "answer", "member"),
    [
        ("org", ORG, status(204), True),
        ("org", ORG, status(404), False),
        ("org", ORG, status(302, Location="/orgs/org/public_members/grace"), False),
        ("org", ORG, status(401), False),
        ("org", ORG, status(403), False),
        ("org:team", TEAM, json(state="active"), True),
        ("org:team", TEAM, json(state="pending"), False),
        ("org:team", TEAM, status(404), False),
    ],
)
async def test_who_is_a_member(at: At, organization, path, answer, member) -> None:
    found = await at({path: answer}).memberships("grace", {organization})
    assert found == ([organization] if member else [])


@pytest.mark.parametrize(
    "answer",
    [
        status(500),
        status(502),
        status(429),
        status(403, **{"x-ratelimit-remaining": "0"}),
        lambda: web.Response(text="{"),
    ],
)
async def test_a_github_that_does_not_know_now_is_no_no(at: At, answer) -> None:
    with pytest.raises(GithubError):
        await at({ORG: answer}).memberships("grace", {"org"})


async def test_a_github_that_hangs(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(github, "LIMIT_S", 0.2)
    with pytest.raises(GithubError):
        await at({}).memberships("grace", {"slow"})


async def test_one_membership_is_enough(at: At) -> None:
    answers = {"/orgs/a/members/grace": status(404), "/orgs/b/members/grace": status(204)}
    assert await at(answers).memberships("grace", {"a", "b", "c"}) == ["b"]


async def test_what_is_not_there_is_told_from_what_is_not_shown(at: At) -> None:
    github = at(
        {
            "/orgs/nosuch": status(404),
            "/orgs/org": json(login="org"),
            ORG: status(204),
            "/orgs/org/teams/misspelt": status(404),
            "/orgs/org/teams/team": json(login="org"),
            "/orgs/other": json(login="org"),
            "/orgs/other/members/grace": status(302),  # whose teams nobody outside may see
        }
    )
    asked = {"nosuch", "nosuch:team", "org", "org:team", "org:misspelt", "other", "other:team"}
    assert await github.unknown("grace", asked) == ["nosuch", "nosuch:team", "org:misspelt"]
