"""Who loses access, and what GitHub is asked; the hub itself is the live tests'."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cyberhubs_hub import enforcer as module
from cyberhubs_hub import memberships, unproved_memberships
from cyberhubs_hub.audit import Audit
from cyberhubs_hub.enforcer import CONCURRENCY, AccessEnforcer, HubApi
from cyberhubs_hub.live import LiveFile
from cyberhubs_hub.shared.access_rules import AccessLists
from cyberhubs_hub.shared.config import GithubSettings

MEMBERS = [f"member-{number}" for number in range(3 * CONCURRENCY)]
REFRESH_S, GRACE_S = 300, 3600


class Place:
    """A hub whose users came by a team, the hub's list, and a GitHub."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.users = set(MEMBERS)
        self.team = set(MEMBERS)
        self.asked: list[str] = []  # GitHub about whom
        self.hangs = False
        self.answer: Callable[[], web.Response] | None = None  # in place of the membership
        self.left: dict[str, object] = {"organizations": ["org:team"], "asked": True}  # by logins
        self.again: set[str] = set()  # who has signed in once more, and has another token
        self.enforcer: AccessEnforcer
        self.now = 0.0  # of the enforcer's clock, which stands until a test moves it
        self.list()

    def list(self, *blocked: str) -> None:
        lists = AccessLists(organizations=frozenset({"org:team"}), blocked=frozenset(blocked))
        new = self._file.with_suffix(".new")
        new.write_text(lists.to_text())
        new.replace(self._file)

    def application(self) -> web.Application:
        application = web.Application()
        application.add_routes(
            [
                web.get("/users", self._on_users),
                web.get("/users/{name}", self._on_user),
                web.delete("/users/{name}{what:.*}", self._on_delete),
                web.get("/orgs/org/teams/team/memberships/{name}", self._on_membership),
                web.get("/orgs/org", self._on_organization),
                web.get("/user", self._on_whoami),
            ]
        )
        return application

    async def _on_users(self, _: web.Request) -> web.Response:
        items = [{"name": name, "servers": {}} for name in sorted(self.users)]
        return web.json_response({"items": items, "_pagination": {"next": None}})

    async def _on_user(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        token = f"{name}.again" if name in self.again else name
        return web.json_response({"auth_state": {"access_token": token, **self.left}})

    async def _on_organization(self, _: web.Request) -> web.Response:
        return web.json_response({"login": "org"})

    async def _on_whoami(self, request: web.Request) -> web.Response:
        token = request.headers["Authorization"].split()[1]
        return web.json_response({"login": token.removesuffix(".again")})

    async def _on_delete(self, request: web.Request) -> web.Response:
        if not request.match_info["what"]:  # /server goes first
            self.users.discard(request.match_info["name"])
        return web.Response(status=204)

    async def _on_membership(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self.asked.append(name)
        while self.hangs:
            await asyncio.sleep(0.01)
        if self.answer:
            return self.answer()
        if name not in self.team:
            return web.Response(status=404)
        return web.json_response({"state": "active"})

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not holds():
                await asyncio.sleep(0.01)


@pytest.fixture
async def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    """With an enforcer that polls often."""
    monkeypatch.setattr(module, "POLL_INTERVAL_S", 0.01)
    place = Place(tmp_path / "access")
    clock = SimpleNamespace(monotonic=lambda: place.now, time=lambda: place.now)
    monkeypatch.setattr(module, "time", clock)
    server = TestServer(place.application())
    async with server, aiohttp.ClientSession() as http:
        url = str(server.make_url("")).rstrip("/")
        enforcer = AccessEnforcer(
            HubApi(http, url, "token"),
            http,
            LiveFile(tmp_path / "access", AccessLists.from_text),
            Audit(tmp_path / "audit.jsonl"),
            GithubSettings(url, url, "id", "", REFRESH_S, GRACE_S),
            tmp_path / "unproved.json",
        )
        place.enforcer = enforcer
        running = asyncio.create_task(enforcer.run())
        yield place
        place.hangs = False
        running.cancel()


async def test_a_membership_is_asked_for_again_after_its_time_and_not_before(place: Place) -> None:
    await place.until(lambda: len(place.asked) == len(MEMBERS))
    place.list("member-0")
    await place.until(lambda: "member-0" not in place.users)
    assert len(place.asked) == len(MEMBERS)
    place.team.remove("member-1")
    place.now += REFRESH_S
    await place.until(lambda: "member-1" not in place.users)
    assert place.users == {*MEMBERS} - {"member-0", "member-1"}


async def test_who_comes_back_is_not_taken_for_who_left(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await place.until(lambda: len(place.asked) == len(MEMBERS))
    place.team.remove("member-1")
    place.now += REFRESH_S
    await place.until(lambda: "member-1" not in place.users)
    monkeypatch.setattr(memberships, "LIMIT_S", 0.5)
    place.hangs = True
    place.users.add("member-1")  # their login has proved that they are in the team again
    for blocked in ("member-0", "member-2"):  # the second one, after everybody was looked at
        place.list(blocked)
        await place.until(lambda name=blocked: name not in place.users)
    assert "member-1" in place.users


async def test_a_github_that_hangs_keeps_no_list_from_holding(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await place.until(lambda: len(place.asked) == len(MEMBERS))
    monkeypatch.setattr(memberships, "LIMIT_S", 0.5)
    place.hangs = True
    place.asked.clear()
    place.now += REFRESH_S
    await place.until(lambda: len(place.asked) == CONCURRENCY)  # as many as wait for it at once
    place.list("member-29")
    await place.until(lambda: "member-29" not in place.users)
    assert len(place.asked) == CONCURRENCY  # nobody else waited
    assert place.users == {*MEMBERS} - {"member-29"}
    place.hangs = False
    place.team.remove("member-2")
    place.now += memberships.SILENT_S
    await place.until(lambda: "member-2" not in place.users)


async def test_who_cannot_be_asked_stays_for_a_time_and_goes_when_it_is_over(
    place: Place, tmp_path: Path
) -> None:
    await place.until(lambda: len(place.asked) == len(MEMBERS))
    place.answer = lambda: web.Response(status=401)
    place.now += REFRESH_S
    file = tmp_path / "unproved.json"
    await place.until(lambda: unproved_memberships.read(file).keys() == {*MEMBERS})
    about = unproved_memberships.read(file)["member-1"]
    assert (
        about.token == unproved_memberships.mark("member-1") and "no longer accepts" in about.reason
    )
    place.now += GRACE_S - 1
    asked = len(place.asked)
    await place.until(lambda: len(place.asked) == asked + len(MEMBERS))
    await place.until(lambda: place.enforcer._next_sweep > place.now)
    assert place.users == {*MEMBERS}
    place.answer = None
    place.now += memberships.REFUSED_S
    await place.until(lambda: not unproved_memberships.read(file))
    assert place.users == {*MEMBERS}
    place.answer = lambda: web.Response(status=401)
    place.now += REFRESH_S
    await place.until(lambda: unproved_memberships.read(file).keys() == {*MEMBERS})
    place.now += GRACE_S
    await place.until(lambda: not place.users)
    assert '"rule": "unproved"' in (tmp_path / "audit.jsonl").read_text()


async def test_who_signs_in_again_is_asked_about_at_the_next_look(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not when GitHub would have been asked anew about the sign-in before."""
    monkeypatch.setattr(memberships, "REFUSED_S", 4 * REFRESH_S)
    await place.until(lambda: len(place.asked) == len(MEMBERS))
    place.answer = lambda: web.Response(status=401)
    place.now += REFRESH_S
    file = tmp_path / "unproved.json"
    await place.until(lambda: unproved_memberships.read(file).keys() == {*MEMBERS})
    place.answer = None
    place.again = {"member-1", "member-2"}
    place.team.remove("member-1")
    asked = len(place.asked)
    place.now += REFRESH_S
    await place.until(lambda: "member-1" not in place.users)
    await place.until(lambda: unproved_memberships.read(file).keys() == {*MEMBERS} - place.again)
    assert sorted(place.asked[asked:]) == ["member-1", "member-2"]
    assert place.users == {*MEMBERS} - {"member-1"}


@pytest.mark.parametrize(
    ("left", "stays"),
    [
        ({"organizations": ["org:old"], "asked": True}, True),
        ({"organizations": [], "asked": False}, True),  # before any organization was listed
        ({"organizations": []}, True),
        ({"organizations": [], "asked": True}, False),  # by a list of names, which is another now
    ],
)
async def test_who_stays_was_a_member_or_could_not_be_asked(
    place: Place, tmp_path: Path, left: dict[str, object], stays: bool
) -> None:
    place.left = left
    place.answer = lambda: web.Response(status=500)
    file = tmp_path / "unproved.json"
    await place.until(lambda: bool(unproved_memberships.read(file)) if stays else not place.users)
    assert place.users == ({*MEMBERS} if stays else set())


async def test_github_is_left_alone_as_long_as_it_says(place: Place) -> None:
    await place.until(lambda: len(place.asked) == len(MEMBERS))
    place.asked.clear()
    place.answer = lambda: web.Response(status=403, headers={"retry-after": "600"})
    place.now += REFRESH_S
    await place.until(lambda: len(place.asked) == len(MEMBERS))
    place.list("member-0")  # a full sweep
    place.now += 599
    await place.until(lambda: "member-0" not in place.users)
    assert len(place.asked) == len(MEMBERS)
    place.now += 1
    await place.until(lambda: len(place.asked) == 2 * len(MEMBERS) - 1)
    assert place.users == {*MEMBERS} - {"member-0"}
