"""The hub's REST API, for its services."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp

STOP_TIMEOUT_S = 60  # of one server
PAGE_SIZE = 200  # users in an answer of the hub


@dataclass(frozen=True)
class User:
    name: str
    has_server: bool


class HubApi:
    """The hub's REST API, with the scopes of a service."""

    def __init__(self, http: aiohttp.ClientSession, url: str, token: str) -> None:
        self._http, self._url = http, url
        self._headers = {
            "Authorization": f"token {token}",
            "Accept": "application/jupyterhub-pagination+json",
        }

    async def users(self) -> AsyncIterator[User]:
        offset: int | None = 0
        while offset is not None:
            page = await self._get(f"users?limit={PAGE_SIZE}&offset={offset}")
            for user in page["items"]:
                yield User(user["name"], bool(user["servers"]))
            following = page["_pagination"]["next"]
            offset = following["offset"] if following else None

    async def auth_state(self, name: str) -> dict[str, Any]:
        """What the member's last login left."""
        return (await self._get(f"users/{name}"))["auth_state"] or {}

    async def has_server(self, name: str) -> bool:
        """Also one that is starting or stopping. Whom the hub does not know has none."""
        try:
            return bool((await self._get(f"users/{name}"))["servers"])
        except aiohttp.ClientResponseError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return False

    async def _get(self, path: str) -> Any:
        async with self._http.get(f"{self._url}/{path}", headers=self._headers) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def revoke(self, name: str) -> None:
        """Stops the member's server and deletes the user. Raises TimeoutError for a server that does
        not stop."""
        async with asyncio.timeout(STOP_TIMEOUT_S):
            while await self._delete(f"users/{name}/server") == HTTPStatus.ACCEPTED:
                await asyncio.sleep(0.1)
            while await self._delete(f"users/{name}") == HTTPStatus.BAD_REQUEST:  # stopping
                await asyncio.sleep(0.1)

    async def _delete(self, path: str) -> int:
        async with self._http.delete(f"{self._url}/{path}", headers=self._headers) as answer:
            if answer.status not in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND):
                answer.raise_for_status()
            return answer.status
