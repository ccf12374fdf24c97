"""A service of the hub that puts out who may no longer be in: lists, an open period, a membership.

Servers are stopped, starting ones too; then the hub forgets the person, and with that all tokens and
sign-ins. Files stay. While a list cannot be read it puts nobody out; while GitHub cannot be asked, the
memberships that were known hold.
"""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp

from cyberhubs_hub.audit import Audit
from cyberhubs_hub.github import GitHub, GithubError, GithubSilentError
from cyberhubs_hub.live import LiveFile
from cyberhubs_hub.shared import config as places
from cyberhubs_hub.shared.access_rules import CHECK_USER, AccessLists, Decision, decide, is_open
from cyberhubs_hub.shared.config import Github, HubConfig

LOOK_S = 1  # how often it looks at the lists and the clock
SWEEP_S = 600  # how often at everybody, whatever the lists say
RETRY_S = 30  # when a GitHub that did not say is asked again
STOP_S = 60  # how long a server is waited for
PAGE = 200  # users that the hub names at once
AT_ONCE = 10

log = logging.getLogger("remover")


@dataclass(frozen=True)
class User:
    name: str
    has_server: bool


@dataclass(frozen=True)
class Known:
    """Memberships of a person, and the monotonic time when GitHub is asked for them again."""

    organizations: frozenset[str]
    until: float


class Hub:
    """The hub's API, with the rights of this service."""

    def __init__(self, http: aiohttp.ClientSession, url: str, token: str) -> None:
        self._http, self._url = http, url
        self._headers = {
            "Authorization": f"token {token}",
            "Accept": "application/jupyterhub-pagination+json",
        }

    async def users(self) -> AsyncIterator[User]:
        offset: int | None = 0
        while offset is not None:
            page = await self._get(f"users?limit={PAGE}&offset={offset}")
            for user in page["items"]:
                yield User(user["name"], bool(user["servers"]))
            following = page["_pagination"]["next"]
            offset = following["offset"] if following else None

    async def auth_state(self, name: str) -> dict[str, Any]:
        """What the person's last login left: `access_token`, `organizations`."""
        return (await self._get(f"users/{name}"))["auth_state"] or {}

    async def _get(self, path: str) -> Any:
        async with self._http.get(f"{self._url}/{path}", headers=self._headers) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def put_out(self, name: str) -> None:
        """Raises TimeoutError for a server that does not stop."""
        async with asyncio.timeout(STOP_S):
            while await self._delete(f"users/{name}/server") == HTTPStatus.ACCEPTED:
                await asyncio.sleep(0.1)
            while await self._delete(f"users/{name}") == HTTPStatus.BAD_REQUEST:  # it stops
                await asyncio.sleep(0.1)

    async def _delete(self, path: str) -> int:
        async with self._http.delete(f"{self._url}/{path}", headers=self._headers) as answer:
            if answer.status not in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND):
                answer.raise_for_status()
            return answer.status


class Remover:
    def __init__(
        self,
        hub: Hub,
        http: aiohttp.ClientSession,
        lists: LiveFile[AccessLists],
        audit: Audit,
        github: Github | None,
    ) -> None:
        self._hub, self._http, self._lists, self._audit = hub, http, lists, audit
        self._github = github
        self._sweep_s = min(github.refresh_s, SWEEP_S) if github else SWEEP_S
        self._seen: AccessLists | None = None  # the lists as they were
        self._done: object = None  # for what everybody was looked at
        self._due = 0.0  # and when it is done again
        self._known: dict[str, Known] = {}
        self._began = 0.0  # the sweep
        self._silent = False  # whether GitHub has left a question of this sweep without an answer

    async def run(self) -> None:
        while True:
            self._audit.rotate()
            try:
                await self._look()
            except (aiohttp.ClientError, TimeoutError) as error:
                log.warning("The hub could not be asked, it is tried again: %r", error)
            await asyncio.sleep(LOOK_S)

    async def _look(self) -> None:
        lists = self._lists.refresh()
        if lists.problem or lists.value is None:
            return
        if self._seen is not None and lists.value != self._seen:
            self._audit.write("lists", **changes(self._seen, lists.value))
        self._seen = lists.value
        state = (lists.value, is_open(lists.value, datetime.now(UTC)))
        if state == self._done and time.monotonic() < self._due:
            return
        if await self._sweep(lists.value):
            self._done = state
            self._due = min(
                [self._began + self._sweep_s, *(known.until for known in self._known.values())]
            )

    async def _sweep(self, lists: AccessLists) -> bool:
        """Looks at everybody that the hub knows. False if somebody has yet to be put out."""
        users = [user async for user in self._hub.users() if user.name != CHECK_USER]
        gate = asyncio.Semaphore(AT_ONCE)
        before, self._known, self._silent = self._known, {}, False
        self._began = time.monotonic()

        async def look_at(user: User) -> bool:
            async with gate:
                try:
                    decision = await self._decide(lists, user.name, before.get(user.name))
                    if decision.allowed:
                        return True
                    await self._hub.put_out(user.name)
                except (aiohttp.ClientError, TimeoutError) as error:
                    log.warning("%s is looked at again: %r", user.name, error)
                    return False
                self._known.pop(user.name, None)  # another login proves it anew
                log.warning("%s is out (%s): %s", user.name, decision.rule, decision.reason)
                self._audit.write(
                    "removed", user=user.name, rule=decision.rule, server=user.has_server
                )
                return True

        return all(await asyncio.gather(*map(look_at, users)))

    async def _decide(self, lists: AccessLists, name: str, known: Known | None) -> Decision:
        now = datetime.now(UTC)
        decision = decide(lists, name, (), now)
        if decision.rule != "unlisted" or not lists.organizations or not self._github:
            return decision
        if (
            known is None
            or not known.organizations & lists.organizations
            or time.monotonic() >= known.until
        ):
            known = await self._ask(self._github, name, lists.organizations, known)
        self._known[name] = known
        return decide(lists, name, known.organizations, now)

    async def _ask(
        self, settings: Github, name: str, organizations: frozenset[str], known: Known | None
    ) -> Known:
        left = await self._hub.auth_state(name)
        github = GitHub(self._http, settings.api, left.get("access_token", ""))
        if not self._silent:  # or nobody's turn would come in time for a list to hold
            try:
                found = await github.memberships(name, organizations)
                return Known(frozenset(found), self._began + settings.refresh_s)
            except GithubError as error:
                log.warning("What was known of %s holds: %s", name, error)
                self._silent |= isinstance(error, GithubSilentError)
        held = known.organizations if known else frozenset(left.get("organizations", ()))
        return Known(held, self._began + RETRY_S)


def changes(before: AccessLists, after: AccessLists) -> dict[str, Any]:
    """{"admins": {"added": […], "removed": […]}, "everyone": …} of what has changed."""
    found: dict[str, Any] = {}
    for field in fields(AccessLists):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if isinstance(new, frozenset):
            both = {"added": sorted(new - old), "removed": sorted(old - new)}
            if parts := {what: names for what, names in both.items() if names}:
                found[field.name] = parts
        elif old != new:
            found[field.name] = str(new) if isinstance(new, datetime) else new
    return found


async def main() -> None:
    logging.basicConfig(
        level=logging.INFO, format="[%(levelname).1s %(asctime)s %(name)s] %(message)s"
    )
    hub = HubConfig.from_json(Path(places.CONFIG_DIR, "hub.json").read_text())
    lists = LiveFile(Path(places.LIVE_DIR, "access"), AccessLists.from_text)
    limit = aiohttp.ClientTimeout(total=STOP_S)
    async with aiohttp.ClientSession(timeout=limit) as http:
        api = Hub(http, os.environ["JUPYTERHUB_API_URL"], os.environ["JUPYTERHUB_API_TOKEN"])
        audit = Audit(Path(places.AUDIT_FILE))
        await Remover(api, http, lists, audit, hub.login.github).run()


if __name__ == "__main__":
    asyncio.run(main())
