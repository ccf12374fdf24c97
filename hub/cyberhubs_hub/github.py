"""Login with GitHub: who somebody is, and which membership lets them in."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
from oauthenticator.github import GitHubOAuthenticator
from tornado import web
from tornado.httpclient import HTTPClientError

from cyberhubs_hub import unproved_memberships
from cyberhubs_hub.authenticator import AccessMixin
from cyberhubs_hub.http_client import EnvironmentClient
from cyberhubs_hub.memberships import GithubClient, GithubError
from cyberhubs_hub.owners import Owners
from cyberhubs_hub.shared.access_rules import Decision
from cyberhubs_hub.signin import LoginHandler, LoginPage, is_visit
from cyberhubs_hub.upstream import OwnStateCallbackHandler


class GithubAuthenticator(AccessMixin, GitHubOAuthenticator):
    """Members log in with their GitHub account."""

    login_handler = LoginHandler
    callback_handler = OwnStateCallbackHandler
    http_client = EnvironmentClient()
    # Set where the authenticator is configured:
    secret_file: Path  # may be replaced at any time
    unproved_file: Path
    owners: Owners

    def get_handlers(self, app: Any) -> list[tuple[str, Any]]:
        return [(r"/login", LoginPage), *super().get_handlers(app)]

    async def authenticate(self, handler: Any, data: Any = None, **kwargs: Any) -> dict[str, Any]:
        try:
            self.client_secret = self.secret_file.read_text().strip()
            return await super().authenticate(handler, data, **kwargs)
        except web.HTTPError as error:
            if "client_id and/or client_secret" in (error.log_message or ""):
                self.log.error("GitHub refuses the client secret: %s", error.log_message)
                raise web.HTTPError(
                    503, "GitHub does not accept this hub any more. Tell its operator."
                ) from None
            raise
        except GithubError as error:
            self.log.error("GitHub does not say whether somebody is a member: %s", error)
            raise web.HTTPError(503, f"Whether you may enter is not known now. {error}") from None
        except (HTTPClientError, OSError) as error:
            self.log.error("GitHub could not be asked: %s", error)
            raise web.HTTPError(
                503, "GitHub does not answer at the moment. Try again in a few minutes."
            ) from None

    async def update_auth_model(self, auth_model: dict[str, Any]) -> dict[str, Any]:
        """Keeps of what GitHub said no more than is asked again: the token, and one listed
        organization or team that the person is a member of, if no other rule lets them in."""
        name, token = auth_model["name"], auth_model["auth_state"]["access_token"]
        decision = self.decide_possible(name)
        shared: list[str] = []
        asked = bool(
            self.lists.value and self.lists.value.organizations
        )  # for the right to see them
        if decision.rule == "unlisted" and (lists := self.lists.value):
            async with aiohttp.ClientSession(trust_env=True) as http:
                github = GithubClient(http, self.github_api, token)
                shared = await github.memberships(name, lists.organizations)
                if not shared:
                    with suppress(GithubError):  # only a hint for the operator
                        for team in await github.hidden_teams(name, lists.organizations):
                            self.log.warning("%s is no team that GitHub shows %s", team, name)
        number = auth_model["auth_state"][self.user_auth_state_key]["id"]
        auth_model["auth_state"] = {
            "access_token": token,
            "organizations": shared,
            "asked": asked,
            "number": number,
        }
        return auth_model

    def check_allowed(self, username: str, authentication: dict[str, Any] | None = None) -> bool:
        assert authentication  # of a login
        number = authentication["auth_state"]["number"]
        try:
            known = self.owners.number_of(username)
            self._refuse_another(username, number, known)
        except (OSError, ValueError) as error:
            self.log.error("Whose the files of %s are cannot be known: %s", username, error)
            raise web.HTTPError(
                503, "The hub cannot tell whose files these are. Tell its operator."
            ) from None
        super().check_allowed(username, authentication)
        if known is None:
            try:
                self.owners.keep(username, number)
            except OSError as error:  # such as a full disk, which keeps nobody out: the next login
                self.log.error("Whose the files of %s are cannot be kept: %s", username, error)
        return True

    def _refuse_another(self, username: str, number: int, known: int | None) -> None:
        if known not in (None, number):
            self.log.error(
                "%s is GitHub account %d now, and was %d at the first login: `make rename` "
                "moves the files of who had the name to their new one",
                *(username, number, known),
            )
            why = (
                f"What is {username}'s on this hub belongs to another GitHub account, which had this "
                "name before. Tell the hub's operator."
            )
            self.refuse(username, Decision(False, False, "another account", why))
        if known is None and (before := self.owners.name_of(number)):
            why = (
                f"Your GitHub account was called {before} on this hub. Its operator brings your files "
                f"to the new name: make rename FROM={before} TO={username}."
            )
            self.refuse(username, Decision(False, False, "renamed", why))

    def get_user_groups(self, auth_state: dict[str, Any]) -> set[str]:
        return set()  # `AccessMixin` decides them

    def organizations_of(self, authentication: dict[str, Any] | None) -> Iterable[str]:
        return ((authentication or {}).get("auth_state") or {}).get("organizations", ())

    async def refresh_user(self, user: Any, handler: Any = None) -> bool | dict[str, Any]:
        if handler and await self.why_sign_in(user):
            if is_visit(handler, user):
                return False
            # JupyterHub would not ask about the next visit if it was soon after this request.
            asyncio.get_running_loop().call_soon(setattr, user, "_auth_refreshed", None)
        return await super().refresh_user(user, handler)

    async def why_sign_in(self, user: Any) -> str | None:
        """Why GitHub says nothing of a member until they sign in again; None if that is not so."""
        about = unproved_memberships.read(self.unproved_file).get(user.name)
        if about is None or about.token is None:
            return None
        state = await user.get_auth_state() or {}
        signed_in_by = unproved_memberships.mark(state.get("access_token", ""))
        return about.reason if signed_in_by == about.token else None
