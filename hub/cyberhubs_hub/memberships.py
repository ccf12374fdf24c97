"""What GitHub says of memberships, told from all the answers that say nothing of them."""

import json
import time
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import aiohttp

LIMIT_S = 10
SILENT_S = 30  # until GitHub is asked again after no answer, or a strange one
LIMITED_S = 60  # after a limit that does not say how long it lasts, as GitHub's documentation asks
REFUSED_S = 300  # after what a person has to change
LONGEST_S = 3600  # of GitHub's limits: so long, whatever a header says
SCOPES = {"read:org", "write:org", "admin:org"}  # each shows memberships


class GithubError(Exception):
    """A membership is unknown: why, in a sentence for the person and the operator. `retry_s`: until GitHub
    may be asked again. `sign_in`: whether another sign-in helps."""

    def __init__(self, why: str, retry_s: float = SILENT_S, sign_in: bool = False) -> None:
        super().__init__(why)
        self.retry_s, self.sign_in = retry_s, sign_in


class GithubSilentError(GithubError):
    """GitHub did not answer."""


class OrganizationError(GithubError):
    """One organization is not shown; others may be."""


class GithubClient:
    """GitHub's API, as far as the bearer of a token may see. Organizations are "org" or "org:team"."""

    def __init__(self, http: aiohttp.ClientSession, api: str, token: str) -> None:
        self._http, self._api = http, api
        self._of_github_app = token.startswith("ghu_")  # has permissions, and no scopes
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.github+json",
        }

    async def memberships(self, name: str, organizations: Iterable[str]) -> list[str]:
        """The first of `organizations` that `name`, whose token it is, is an active member of; none only if
        GitHub says so of each. Raises GithubError."""
        unknown: GithubError | None = None
        for organization in sorted(organizations):
            try:
                if await self._is_member(name, *_parts(organization)):
                    return [organization]
            except OrganizationError as error:
                unknown = error if unknown is None or error.sign_in else unknown
        if unknown:
            raise unknown
        return []

    async def hidden_teams(self, name: str, organizations: Iterable[str]) -> list[str]:
        """The teams of `organizations` that GitHub does not show to `name`, though a member of their
        organization: misspelt, renamed or secret. Raises GithubError."""
        hidden = []
        for organization in sorted(organizations):
            org, team = _parts(organization)
            if team and await self._is_member(name, org):
                status, _, _ = await self._get(f"orgs/{org}/teams/{team}", org)
                hidden += [organization] if status == HTTPStatus.NOT_FOUND else []
        return hidden

    async def _is_member(self, name: str, org: str, team: str = "") -> bool:
        what = f"teams/{team}/memberships/{name}" if team else f"members/{name}"
        status, found, _ = await self._get(f"orgs/{org}/{what}", org)
        if status == HTTPStatus.NO_CONTENT:
            return True
        if status == HTTPStatus.OK:
            if found.get("state") not in ("active", "pending"):
                raise GithubError("GitHub's answer cannot be understood.")
            return found["state"] == "active"
        await self._check_no(name, org)
        return False

    async def _check_no(self, name: str, org: str) -> None:
        """A no to a token that shows no memberships, or about a name that nobody has or somebody else, is no
        answer. Raises GithubError."""
        _, user, scopes = await self._get("user", org)
        if scopes is not None and not scopes & SCOPES and not self._of_github_app:
            raise GithubError(
                "The last sign-in does not show GitHub organizations to this hub.", REFUSED_S, True
            )
        if (login := str(user.get("login", name)).lower()) != name:
            raise GithubError(
                f"{name} is called {login} at GitHub now: the hub's operator moves the files with "
                "`make rename`.",
                REFUSED_S,
            )
        status, _, _ = await self._get(f"orgs/{org}", org)
        if status != HTTPStatus.OK:
            raise OrganizationError(
                f"GitHub shows no organization {org}: if it has another name now, the hub's operator "
                "has to correct the list.",
                REFUSED_S,
            )

    async def _get(self, path: str, org: str) -> tuple[int, dict[str, Any], set[str] | None]:
        """Status and JSON of an answer that says something of what was asked, and the scopes of the token if
        they are said."""
        try:
            async with self._http.get(
                f"{self._api}/{path}",
                headers=self._headers,
                allow_redirects=False,  # to what is public, for somebody outside
                timeout=aiohttp.ClientTimeout(total=LIMIT_S),
            ) as answer:
                text = await answer.text()
                if error := _says_nothing(answer.status, answer.headers, text, org):
                    raise error
                found = json.loads(text) if answer.status == HTTPStatus.OK else {}
                if not isinstance(found, dict):
                    raise ValueError(f"{path} is no object")
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise GithubSilentError(f"GitHub does not answer ({error!r}).") from error
        scopes = answer.headers.get("x-oauth-scopes")
        return (
            answer.status,
            found,
            None if scopes is None else set(scopes.replace(",", " ").split()),
        )


def _says_nothing(
    status: int, headers: Mapping[str, str], text: str, org: str
) -> GithubError | None:
    """Why an answer says nothing of what was asked; None for one that does."""
    sso = headers.get("x-github-sso", "")
    if sso.startswith("required"):  # with any status
        where = sso.partition("url=")[2]
        return OrganizationError(
            f"{org} asks for its own sign-on: open {where}, and then sign in here again.",
            REFUSED_S,
            True,
        )
    if status in (200, 204, 302, 404):
        return None
    if status == HTTPStatus.UNAUTHORIZED:
        return GithubError(
            "GitHub no longer accepts the last sign-in: it was revoked or has expired.",
            REFUSED_S,
            True,
        )
    message = _message(text)
    empty = headers.get("x-ratelimit-remaining") == "0"
    limited = empty or "retry-after" in headers or "rate limit" in message.lower()
    if status == HTTPStatus.TOO_MANY_REQUESTS or (status == HTTPStatus.FORBIDDEN and limited):
        wait_s = _wait_s(headers, empty)
        return GithubError(
            f"GitHub answers no more questions for {wait_s:.0f} s, as too many were asked.", wait_s
        )
    if status == HTTPStatus.FORBIDDEN:  # the organization's policies, or a suspended account
        return OrganizationError(
            f"GitHub does not show who is a member of {org}: {message}", REFUSED_S
        )
    return GithubError(f"GitHub answers {status}.", max(SILENT_S, _wait_s(headers, False, 0)))


def _message(text: str) -> str:
    try:
        return str(json.loads(text)["message"])[:500]
    except (ValueError, KeyError, TypeError):
        return "it gives no reason."


def _wait_s(headers: Mapping[str, str], empty: bool, otherwise: float = LIMITED_S) -> float:
    """https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"""
    try:
        if "retry-after" in headers:
            told = float(headers["retry-after"])
        elif empty:
            told = float(headers["x-ratelimit-reset"]) - time.time()
        else:
            return otherwise
    except (KeyError, ValueError):
        return otherwise
    return min(max(told, 1), LONGEST_S)


def _parts(organization: str) -> tuple[str, str]:
    org, _, team = organization.partition(":")
    return org, team
