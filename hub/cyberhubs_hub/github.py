"""GitHub: who somebody is, and of which organizations and teams a member."""

from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
from oauthenticator.github import GitHubOAuthenticator
from oauthenticator.oauth2 import OAuthLoginHandler
from tornado import web
from tornado.httpclient import HTTPClientError

from cyberhubs_hub.authenticator import AccessMixin

LIMIT_S = 20


class GithubError(Exception):
    """GitHub does not answer, or does not want to now; nothing is known of a membership."""


class LoginHandler(OAuthLoginHandler):
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
        token = auth_model["auth_state"]["access_token"]
        shared: list[str] = []
        if self.decide(auth_model["name"]).rule == "unlisted" and (lists := self.lists.value):
            async with aiohttp.ClientSession() as http:
                shared = await memberships(
                    http, self.github_api, token, auth_model["name"], lists.organizations
                )
        auth_model["auth_state"] = {"access_token": token, "organizations": shared}
        return auth_model

    def organizations_of(self, authentication: dict[str, Any] | None) -> Iterable[str]:
        return ((authentication or {}).get("auth_state") or {}).get("organizations", ())


async def memberships(
    http: aiohttp.ClientSession, api: str, token: str, name: str, organizations: Iterable[str]
) -> list[str]:
    """The first of `organizations` ("org", "org:team") that `name` is an active member of, as far as
    the bearer of `token` may see. Raises GithubError."""
    for organization in sorted(organizations):
        if await _is_member(http, api, token, name, organization):
            return [organization]
    return []


async def _is_member(
    http: aiohttp.ClientSession, api: str, token: str, name: str, organization: str
) -> bool:
    org, _, team = organization.partition(":")
    where = f"teams/{team}/memberships/{name}" if team else f"members/{name}"
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
    try:
        async with http.get(
            f"{api}/orgs/{org}/{where}",
            headers=headers,
            allow_redirects=False,  # to what is public, for somebody outside
            timeout=aiohttp.ClientTimeout(total=LIMIT_S),
        ) as answer:
            if answer.status == HTTPStatus.NO_CONTENT:
                return True
            if answer.status == HTTPStatus.OK:
                return (await answer.json())["state"] == "active"
            limited = answer.headers.get("x-ratelimit-remaining") == "0"
            if answer.status in (401, 302, 404) or (answer.status == 403 and not limited):
                return False
            raise GithubError(f"GitHub answers {answer.status} to a question about {organization}")
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError) as error:
        raise GithubError(f"GitHub cannot be asked about {organization}: {error!r}") from error
