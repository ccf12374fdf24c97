"""GitHub: who somebody is, and of which organizations and teams a member."""

from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
from oauthenticator.github import GitHubOAuthenticator
from tornado import web
from tornado.httpclient import HTTPClientError

from cyberhubs_hub.authenticator import AccessMixin
from cyberhubs_hub.upstream import OwnStateCallbackHandler, OwnStateLoginHandler

LIMIT_S = 10
ANSWERS = (200, 204, 302, 401, 403, 404)  # yes, or no; whatever else says nothing


class GithubError(Exception):
    """GitHub answered, and not the question: a membership is unknown."""


class GithubSilentError(GithubError):
    """GitHub did not answer: a membership is unknown."""


class LoginHandler(OwnStateLoginHandler):
    def get(self) -> None:
        """Asks for the right to see memberships only while they are asked for."""
        authenticator = self.authenticator
        assert isinstance(authenticator, GithubAuthenticator)
        lists = authenticator.lists.refresh().value
        authenticator.scope = ["read:org"] if lists and lists.organizations else []
        super().get()


class GithubAuthenticator(AccessMixin, GitHubOAuthenticator):
    """Members log in with their GitHub account."""

    login_handler = LoginHandler
    callback_handler = OwnStateCallbackHandler
    secret_file: Path  # set where the authenticator is configured; may be replaced at any time

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
        except (GithubError, HTTPClientError, OSError) as error:
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
        if decision.rule == "unlisted" and (lists := self.lists.value):
            async with aiohttp.ClientSession() as http:
                github = GithubClient(http, self.github_api, token)
                shared = await github.memberships(name, lists.organizations)
                for what in [] if shared else await github.unknown(name, lists.organizations):
                    self.log.warning(
                        "%s is no team or organization that GitHub shows %s", what, name
                    )
        auth_model["auth_state"] = {"access_token": token, "organizations": shared}
        return auth_model

    def get_user_groups(self, auth_state: dict[str, Any]) -> set[str]:
        return set()  # `AccessMixin` decides them

    def organizations_of(self, authentication: dict[str, Any] | None) -> Iterable[str]:
        return ((authentication or {}).get("auth_state") or {}).get("organizations", ())


class GithubClient:
    """GitHub's API, as far as the bearer of a token may see. Organizations are "org" or "org:team"."""

    def __init__(self, http: aiohttp.ClientSession, api: str, token: str) -> None:
        self._http, self._api = http, api
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.github+json",
        }

    async def memberships(self, name: str, organizations: Iterable[str]) -> list[str]:
        """The first of `organizations` that `name` is an active member of. Raises GithubError."""
        for organization in sorted(organizations):
            if await self._is_member(name, *_parts(organization)):
                return [organization]
        return []

    async def unknown(self, name: str, organizations: Iterable[str]) -> list[str]:
        """Those of `organizations` that are not to be seen and should be: every organization, and
        the teams of one that `name` is in, but for secret ones. Raises GithubError."""
        return [o for o in sorted(organizations) if await self._is_unknown(name, *_parts(o))]

    async def _is_member(self, name: str, org: str, team: str = "") -> bool:
        if not team:
            status, _ = await self._get(f"orgs/{org}/members/{name}")
            return status == HTTPStatus.NO_CONTENT
        status, found = await self._get(f"orgs/{org}/teams/{team}/memberships/{name}")
        return status == HTTPStatus.OK and found.get("state") == "active"

    async def _is_unknown(self, name: str, org: str, team: str) -> bool:
        status, _ = await self._get(f"orgs/{org}")
        if status == HTTPStatus.OK and team and await self._is_member(name, org):
            status, _ = await self._get(f"orgs/{org}/teams/{team}")
        return status == HTTPStatus.NOT_FOUND

    async def _get(self, path: str) -> tuple[int, dict[str, Any]]:
        """Status and JSON of an answer that says something of what was asked."""
        try:
            async with self._http.get(
                f"{self._api}/{path}",
                headers=self._headers,
                allow_redirects=False,  # to what is public, for somebody outside
                timeout=aiohttp.ClientTimeout(total=LIMIT_S),
            ) as answer:
                limited = answer.headers.get("x-ratelimit-remaining") == "0"
                if answer.status not in ANSWERS or (answer.status == 403 and limited):
                    raise GithubError(f"GitHub answers {answer.status} when asked for {path}")
                return answer.status, await answer.json() if answer.status == HTTPStatus.OK else {}
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise GithubSilentError(f"GitHub cannot be asked for {path}: {error!r}") from error


def _parts(organization: str) -> tuple[str, str]:
    org, _, team = organization.partition(":")
    return org, team
