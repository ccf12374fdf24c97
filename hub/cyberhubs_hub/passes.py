"""Whom the front door lets through to members' servers: browsers that have a pass of their hub.

A pass is a cookie and an empty file of the same id, which the door looks for. So a server reads
nothing of somebody whom the hub does not know, and works while the hub is down.
"""

import os
import secrets
import time
from collections.abc import Awaitable
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

from jupyterhub.handlers.base import UserUrlHandler
from tornado import web

from cyberhubs_hub.shared.access_rules import AccessError, normalize

COOKIE = "cyberhubs-pass"
LASTS_S = 24 * 3600  # then whom the hub still knows gets another one, unseen
MOST = 20  # of one server, each a browser's


class Passes:
    """The files of a hub's passes, in a directory that the door sees too."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._spare = directory / "spare"  # for a disk on which no other file can be made
        with suppress(OSError):  # it is such a one already
            self._spare.touch(mode=0o400)

    def give(self, member: str) -> str:
        """The id of a new pass to the server of `member`, a normalized name. Old ones end.

        Raises OSError if it cannot be kept.
        """
        self._end_old(member)
        new = secrets.token_hex(16)
        file = self._directory / f"{new}.{member}"
        try:
            file.touch(mode=0o400)
        except OSError:
            os.utime(self._spare)
            file.hardlink_to(self._spare)
        return new

    def _end_old(self, member: str) -> None:
        made = {file: file.stat().st_mtime for file in self._directory.iterdir()}
        made.pop(self._spare, None)
        of_member = [file for file in made if file.suffix == f".{member}"]
        too_many = sorted(of_member, key=lambda file: made[file], reverse=True)[MOST - 1 :]
        too_old = [file for file in made if made[file] < time.time() - LASTS_S]
        for file in {*too_many, *too_old}:
            file.unlink()


class PassHandler(UserUrlHandler):
    """Where the door sends all that it lets through to no server, so that each gets the answer
    that it would get of a server which does not run.

    Who is signed in and may use the server gets a pass and is sent back. The door asks here too
    whether a token is good; then success is the answer.
    """

    passes: Passes  # set where the hub is configured

    def get(self, user_name: str, user_path: str | None) -> Awaitable[None] | None:
        if not self.current_user:
            if "Authorization" in self.request.headers:
                raise web.HTTPError(403, "Missing or invalid credentials.")
            if "api" in (user_path or "").split("/"):
                return self._fail_api_request(user_name)
        return self._let_through(user_name)

    @web.authenticated
    def _let_through(self, user_name: str) -> None:
        if not self.has_scope(f"access:servers!server={user_name}/") or not _is_name(user_name):
            raise web.HTTPError(404, "No access to resources or resources not found")
        if self._token_authenticated:
            self.set_status(HTTPStatus.NO_CONTENT)
            return
        try:
            given = self.passes.give(user_name)
        except OSError as error:
            self.log.error("No pass can be kept: %s", error)
            raise web.HTTPError(
                503, "The hub cannot let you in: its disk may be full. Tell its operator."
            ) from None
        path = f"{self.base_url}user/{user_name}/"
        where = {"path": path, "max_age": LASTS_S, "samesite": "Lax"}
        self._set_cookie(COOKIE, given, encrypted=False, **where)
        asked = str(self.request.uri).removeprefix(f"{self.hub.base_url}pass/")
        self.redirect(self.base_url + asked)


def _is_name(name: str) -> bool:
    try:
        return normalize(name) == name
    except AccessError:
        return False
