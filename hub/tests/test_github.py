"""What GitHub's answers mean; the whole login is a live test's."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cyberhubs_hub import github
from cyberhubs_hub.github import GithubError, memberships

Ask = Callable[..., Awaitable[list[str]]]


@pytest.fixture
async def ask() -> AsyncIterator[Ask]:
    """`memberships` of grace, at a GitHub that gives the answers of each path."""
    answers: dict[str, Callable[[], web.Response]] = {}

    async def answer(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer token"
        if request.path == "/orgs/slow/members/grace":
            await asyncio.sleep(5)
        return answers[request.path]()

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with TestServer(app) as server, aiohttp.ClientSession() as http:

        async def ask(
            organizations: set[str], given: dict[str, Callable[[], web.Response]]
        ) -> list[str]:
            answers.update(given)
            url = str(server.make_url("")).rstrip("/")
            return await memberships(http, url, "token", "grace", organizations)

        yield ask


def status(code: int, **headers: str) -> Callable[[], web.Response]:
    return lambda: web.Response(status=code, headers=headers)


def state(text: str) -> Callable[[], web.Response]:
    return lambda: web.json_response({"state": text, "role": "member"})


ORG, TEAM = "/orgs/org/members/grace", "/orgs/org/teams/team/memberships/grace"


@pytest.mark.parametrize(
    ("organization", "path", "answer", "member"),
    [
        ("org", ORG, status(204), True),
        ("org", ORG, status(404), False),
        ("org", ORG, status(302, Location="/orgs/org/public_members/grace"), False),
        ("org", ORG, status(401), False),
        ("org", ORG, status(403), False),
        ("org:team", TEAM, state("active"), True),
        ("org:team", TEAM, state("pending"), False),
        ("org:team", TEAM, status(404), False),
    ],
)
async def test_who_is_a_member(ask: Ask, organization, path, answer, member) -> None:
    assert await ask({organization}, {path: answer}) == ([organization] if member else [])


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
async def test_a_github_that_does_not_know_now_is_no_no(ask: Ask, answer) -> None:
    with pytest.raises(GithubError):
        await ask({"org"}, {ORG: answer})


async def test_a_github_that_hangs(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(github, "LIMIT_S", 0.2)
    with pytest.raises(GithubError):
        await ask({"slow"}, {})


async def test_one_membership_is_enough(ask: Ask) -> None:
    answers = {"/orgs/a/members/grace": status(404), "/orgs/b/members/grace": status(204)}
    assert await ask({"a", "b", "c"}, answers) == ["b"]
