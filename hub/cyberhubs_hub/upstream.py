"""Workarounds of faults in what the hub is made of: JupyterHub 6.1.1, OAuthenticator 17.4.0, DockerSpawner 14.0.0,
aiohttp 3.14.5. Each says what happens without it, where that is known upstream, and when it can be removed.

Those of a member's server are in images/corehub/start-singleuser.py.
"""

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partialmethod, wraps
from hashlib import sha256
from http import HTTPStatus
from typing import Any

import aiohttp.connector
from aiohttp import ThreadedResolver
from docker.errors import APIError, NotFound
from dockerspawner import DockerSpawner
from jupyterhub import orm
from jupyterhub.handlers.base import BaseHandler, UserUrlHandler
from jupyterhub.spawner import Spawner
from jupyterhub.user import User
from jupyterhub.utils import url_path_join
from oauthenticator.oauth2 import OAuthCallbackHandler, OAuthLoginHandler
from requests.exceptions import RequestException
from sqlalchemy.exc import SQLAlchemyError
from tornado import web
from tornado.httpserver import HTTPServer

from cyberhubs_hub.container_options import token_of


def define_token_authenticated() -> None:
    """JupyterHub sets `_token_authenticated` for requests with a token only, and reads it when `refresh_user`
    returns False for a session with a cookie: AttributeError, a page of error 500 in place of the login.

    Came with https://github.com/jupyterhub/jupyterhub/pull/5500; not reported upstream as of JupyterHub 6.1.1.
    Remove when `BaseHandler` defines the attribute.
    """
    BaseHandler._token_authenticated = False  # pyright: ignore[reportAttributeAccessIssue]


def resolve_with_getaddrinfo() -> None:
    """aiohttp resolves with aiodns where it is installed, whose c-ares caches an answer for the 600 s that Docker
    gives it: a proxy that came back with another address is not found.

    https://github.com/c-ares/c-ares/pull/786 (the cache), https://github.com/moby/moby/issues/30029 (the 600 s).
    Remove when Docker's answers have a TTL of seconds, or JupyterHub does not depend on aiodns.
    """
    aiohttp.connector.DefaultResolver = ThreadedResolver  # pyright: ignore[reportPrivateImportUsage]


def limit_request_bodies(most: int) -> None:
    """JupyterHub gives its HTTP server no `max_body_size`, and tornado reads up to 100 MB of a body before the hub
    knows who sends it.

    Not reported upstream as of JupyterHub 6.1.1 (for Notebook: https://github.com/jupyter/notebook/issues/3797).
    Remove when JupyterHub has a setting for it.
    """
    HTTPServer.initialize = partialmethod(HTTPServer.initialize, max_body_size=most)  # pyright: ignore[reportAttributeAccessIssue]


class StoppedServerHandler(UserUrlHandler):
    """JupyterHub redirects the API requests of a page whose member was signed out to the login, which JupyterLab
    takes for a kernel that died. Here they get the answer of a signed-in member, that the server has
    stopped; JupyterLab then leads to the login, where the reason is shown.

    https://github.com/jupyterhub/jupyterhub/issues/3730 is the same for requests with a token, fixed; not reported
    for cookies as of JupyterHub 6.1.1. Remove when `UserUrlHandler.get` answers them with 424.
    """

    def get(self, user_name: str, user_path: str | None) -> Awaitable[None] | None:
        if not self.current_user and "api" in (user_path or "").split("/"):
            return self._fail_api_request(user_name)
        return super().get(user_name, user_path)


_STATE_COOKIE = "cyberhubs-sign-in-"  # and what of the state identifies it
_STATE_DAYS = 1 / 24
_MOST_STATES = 10  # begun at once in a browser, as each is a cookie of some 400 bytes


def _state_cookie(state: str) -> str:
    """The cookie's name for the state as an address has it."""
    return _STATE_COOKIE + sha256(state.encode()).hexdigest()[:16]


class OwnStateLoginHandler(OAuthLoginHandler):
    """OAuthenticator keeps the state of all sign-ins of a browser in one cookie: of two tabs that begin one, both
    end in "400: OAuth state mismatch". Here each sign-in has a cookie of its own.

    https://github.com/jupyterhub/jupyterhub/pull/1439 is the same for JupyterHub's own OAuth; not reported for
    OAuthenticator as of 17.4.0. Remove this and the handler below when it does likewise.
    """

    def authorize_redirect(self, *args: Any, **more: Any) -> None:
        self._set_cookie(
            _state_cookie(more["extra_params"]["state"]),
            self._own_state,
            expires_days=_STATE_DAYS,
            path=self.hub.base_url,
        )
        super().authorize_redirect(*args, **more)

    def set_state_cookie(self, state_cookie_value: str) -> None:
        """Called before it is known what goes to the site, which the cookie's name comes from."""
        self._own_state = state_cookie_value
        begun = [name for name in self.request.cookies if name.startswith(_STATE_COOKIE)]
        for name in begun[: max(0, len(begun) - _MOST_STATES + 1)]:  # the oldest are sent first
            self.clear_cookie(name, path=self.hub.base_url)


class OwnStateCallbackHandler(OAuthCallbackHandler):
    """Where the site sends a browser back to. What this browser has not begun, or has used already, as with its
    back button, signs nobody in: it leads in who is signed in."""

    def get_state_cookie(self) -> str:
        if self._state_cookie is None:
            name = _state_cookie(self.get_argument("state", ""))
            self._state_cookie = (
                self.get_secure_cookie(name, max_age_days=_STATE_DAYS) or b""
            ).decode()
            self.clear_cookie(name, path=self.hub.base_url)
        return self._state_cookie

    async def get(self) -> None:
        if self.get_state_cookie():
            await super().get()
        elif self.current_user:
            self.redirect(str(self.get_next_url(self.current_user)))
        else:
            raise web.HTTPError(
                400,
                "This sign-in is over: it took more than an hour, was used already, or was begun in another "
                "browser. Open the hub, and sign in again; it needs cookies.",
            )


_Poll = Callable[[Any], Awaitable[int | str | None]]


def unknown_is_running(poll: _Poll) -> _Poll:
    """A hub that starts takes a server whose `poll` raises for stopped, and forgets it: so an engine that does not
    answer for a moment loses members their servers.

    Not reported upstream as of JupyterHub 6.1.1. Remove when JupyterHub tries such a poll again
    ("assuming the spawner is not running" in `app.py`).
    """

    @wraps(poll)
    async def poll_or_running(self: Any) -> int | str | None:
        try:
            return await poll(self)
        except RequestException as error:
            self.log.warning("Docker did not answer about %s: %s", self._log_name, error)
            return None

    return poll_or_running


def end_pending() -> None:
    """A server whose stop or start the database did not take, as on a full disk, is pending until the hub is started
    again. Here its stop is tried again with each poll.

    Not reported upstream as of JupyterHub 6.1.1. Remove when `User.stop` and `User.spawn` end with nothing pending
    whatever the database answers.
    """
    stop, spawn = User.stop, User.spawn

    @wraps(stop)
    async def stop_until_written(self: User, server_name: str = "") -> None:
        spawner = self.spawners[server_name]
        try:
            await stop(self, server_name)
        except SQLAlchemyError:
            spawner.db.rollback()
            spawner._stop_pending = False
            spawner.add_poll_callback(self.stop, server_name)
            spawner.start_polling()
            raise

    @wraps(spawn)
    async def spawn_or_stop(self: User, server_name: str = "", *args: Any, **options: Any) -> Any:
        try:
            return await spawn(self, server_name, *args, **options)
        except SQLAlchemyError:
            assert self.db
            self.db.rollback()
            spawner = self.spawners.get(server_name)
            if spawner and spawner._start_pending:  # it runs, and nobody would know
                spawner._start_pending = False
                with suppress(SQLAlchemyError):
                    await self.stop(server_name)
            raise

    User.stop, User.spawn = stop_until_written, spawn_or_stop


async def enter_server_token(spawner: Spawner, token: str) -> None:
    """As `User.spawn` does for a server that goes on with its own token. A hub that starts does not: with a
    restored database it refuses a server which was started later, and its member with it.

    Not reported upstream as of JupyterHub 6.1.1. Remove when `check_spawner` in `app.py` does it.
    """
    user, of_server = spawner.user, orm.Role.find(spawner.db, "server").scopes
    user.new_api_token(
        token,
        generated=False,
        note="of a server that was found",
        scopes=[s + f"={user.name}/" if s.endswith("!server") else s for s in of_server],
    )
    spawner.orm_spawner.oauth_client = user.settings["oauth_provider"].add_client(
        spawner.oauth_client_id,
        token,
        url_path_join(user.url, "oauth_callback"),
        allowed_scopes=await spawner._get_oauth_client_allowed_scopes(),
    )
    spawner.db.commit()


class PatchedDockerSpawner(DockerSpawner):
    """DockerSpawner without the faults below."""

    # DockerSpawner calls Docker from one thread, so that a call which waits for a container to stop
    # holds up all others. Not reported upstream as of DockerSpawner 14.0.0. Remove when the number
    # of threads can be configured.
    _executor = ThreadPoolExecutor(16, thread_name_prefix="docker")

    async def get_object(self) -> Any:
        """DockerSpawner takes a container which the engine cannot look at for a moment (500) for one that is gone.

        https://github.com/jupyterhub/dockerspawner/pull/112, for Swarm. Remove when `get_object` raises then.
        """
        try:
            found = await self.docker("inspect_container", self.object_name)
        except NotFound:
            self.object_id = ""
            return None
        self.object_id = found["Id"]
        return found

    async def remove_object(self) -> None:
        """DockerSpawner does not remove a container that runs, and takes the refusal for one that is being removed:
        the next start finds its name in use.

        Not reported upstream as of DockerSpawner 14.0.0. Remove when `remove_object` removes with force.
        """
        try:
            await self.docker("remove_container", self.object_id, v=True, force=True)
        except NotFound:
            pass
        except APIError as error:
            if error.status_code != HTTPStatus.CONFLICT:  # it is being removed
                raise

    async def get_url(self) -> str:
        """A hub that starts asks this for each server. DockerSpawner answers from the database, where neither
        address nor token are of a server whose start the hub before did not see the end of.

        Not reported upstream as of DockerSpawner 14.0.0. Remove when it overrides `get_url`, and takes the token
        from the container.
        """
        assert self.server  # JupyterHub sets it before a start
        try:
            container = await self.docker("inspect_container", self.object_name)
        except RequestException:  # as `unknown_is_running`
            return self.server.url
        if not self.api_token:
            self.api_token = token_of(container)
        ip = self.get_network_ip(container["NetworkSettings"])
        return f"http://{ip}:{self.port}{self.server.base_url}"

    async def run_post_stop_hook(self) -> None:
        """DockerSpawner's `remove` removes a container that ended by itself by Docker's `auto_remove`, which takes
        its log away before anybody could read why. `host_options` turns that off, and this removes it.

        Came with https://github.com/jupyterhub/dockerspawner/pull/318; the lost log is not reported upstream as of
        DockerSpawner 14.0.0. Remove when `remove` does it without `auto_remove`.
        """
        if self.object_id and await self.get_object():
            await self.remove_object()
            self.object_id = ""
