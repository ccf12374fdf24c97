"""GitHub's REST API, as far as the project uses it."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from tests.support.github.model import (
    Account,
    GitHub,
    Membership,
    Organization,
    Team,
    Token,
    slug,
)

PREFIX = "/api/v3"
DOCS = "https://docs.github.com/rest"
HOUR_S = 3600
TOKEN = web.RequestKey("token", Token)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _RefusedError(Exception):
    """Answered as GitHub's API does: `{"message": …, "documentation_url": …, "status": …}`."""

    def __init__(self, status: int, message: str = "Not Found", **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"message": message, **more, "documentation_url": DOCS, "status": str(status)}


class Api:
    """Its handlers follow in the order of the routes."""

    def __init__(self, github: GitHub) -> None:
        self._github = github
        self._root = f"{github.url}{PREFIX}"

    def application(self) -> web.Application:
        """To be mounted under PREFIX."""
        application = web.Application(middlewares=[self._answer])
        application.add_routes(
            [
                web.get("/user", self._on_user),
                web.get("/users/{login}", self._on_account),
                web.get("/orgs/{org}", self._on_organization),
                web.get("/orgs/{org}/members/{login}", self._on_member),
                web.post("/orgs/{org}/teams", self._on_make_team),
            ]
        )
        for team in ("/orgs/{org}/teams/{slug}", "/organizations/{org_id}/team/{team_id}"):
            application.add_routes(
                [
                    web.get(team, self._on_team),
                    web.patch(team, self._on_change_team),
                    web.delete(team, self._on_delete_team),
                    web.get(f"{team}/members", self._on_team_members),
                    web.get(f"{team}/memberships/{{login}}", self._on_membership),
                    web.put(f"{team}/memberships/{{login}}", self._on_set_membership),
                    web.delete(f"{team}/memberships/{{login}}", self._on_delete_membership),
                ]
            )
        return application

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        headers = {
            "X-RateLimit-Limit": "5000",
            "X-RateLimit-Remaining": "0" if self._github.rate_limited else "4999",
            "X-RateLimit-Reset": str(int(time.time()) + HOUR_S),
        }
        try:
            token = request[TOKEN] = self._authenticate(request)
            headers["X-OAuth-Scopes"] = ", ".join(sorted(token.scopes))
            if self._github.rate_limited:
                who = token.account.id
                raise _RefusedError(403, f"API rate limit exceeded for user ID {who}.")
            if self._github.no_word and "/members" in request.path:
                status, more, message = self._github.no_word
                headers |= more
                raise _RefusedError(status, message)
            response = await handler(request)
        except _RefusedError as error:
            response = web.json_response(error.body, status=error.status)
        except web.HTTPFound as found:
            response = found
        except web.HTTPNotFound:
            response = web.json_response(_RefusedError(404).body, status=404)
        response.headers.update(headers)
        return response

    def _authenticate(self, request: web.Request) -> Token:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() not in ("bearer", "token"):
            raise _RefusedError(401, "Requires authentication")
        token = self._github.tokens.get(text)
        if token is None:
            raise _RefusedError(401, "Bad credentials")
        return token

    async def _on_user(self, request: web.Request) -> web.Response:
        return web.json_response(self._account(request[TOKEN].account, full=True))

    async def _on_account(self, request: web.Request) -> web.Response:
        return web.json_response(self._account(self._asked_account(request), full=True))

    async def _on_organization(self, request: web.Request) -> web.Response:
        organization = self._asked_organization(request)
        return web.json_response(self._organization(organization) | {"type": "Organization"})

    async def _on_member(self, request: web.Request) -> web.Response:
        organization = self._asked_organization(request)
        if not request[TOKEN].sees(organization):
            login = request.match_info["login"]
            raise web.HTTPFound(f"{self._root}/orgs/{organization.login}/public_members/{login}")
        if not organization.is_member(self._asked_account(request)):
            raise _RefusedError(404)
        return web.Response(status=204)

    async def _on_team(self, request: web.Request) -> web.Response:
        organization, team = self._asked_team(request)
        return web.json_response(self._team(organization, team))

    async def _on_make_team(self, request: web.Request) -> web.Response:
        """As at GitHub, who makes it becomes its maintainer."""
        token, organization = request[TOKEN], self._asked_organization(request)
        if not token.may("admin:org") or not token.sees(organization):
            raise _RefusedError(404)
        given = await request.json()
        team = Team(next(self._github.ids), given["name"], privacy="secret")
        team.add(token.account, role="maintainer")
        self._change(organization, team, given)
        organization.teams.append(team)
        return web.json_response(self._team(organization, team), status=201)

    async def _on_change_team(self, request: web.Request) -> web.Response:
        organization, team = self._asked_team(request)
        self._require_maintainer(request, organization, team, "edit this team")
        self._change(organization, team, await request.json())
        return web.json_response(self._team(organization, team), status=201)

    async def _on_delete_team(self, request: web.Request) -> web.Response:
        organization, team = self._asked_team(request)
        self._require_maintainer(request, organization, team, "delete this team")
        organization.teams.remove(team)
        return web.Response(status=204)

    async def _on_team_members(self, request: web.Request) -> web.Response:
        _, team = self._asked_team(request)
        members = [self._account(m.account) for m in team.members.values() if m.active]
        return web.json_response(members)

    async def _on_membership(self, request: web.Request) -> web.Response:
        organization, team = self._asked_team(request)
        membership = team.members.get(self._asked_account(request).id)
        if membership is None:
            raise _RefusedError(404)
        return web.json_response(self._membership(organization, team, membership))

    async def _on_set_membership(self, request: web.Request) -> web.Response:
        """Who is no member of the organization yet is invited: the membership is pending."""
        organization, team = self._asked_team(request)
        self._require_maintainer(request, organization, team, "add a team membership")
        account = self._asked_account(request)
        role = (await request.json()).get("role", "member") if request.can_read_body else "member"
        if account.id not in organization.members:
            organization.add(account, state="pending")
        state = organization.members[account.id].state
        membership = team.members[account.id] = Membership(account, role, state)
        return web.json_response(self._membership(organization, team, membership))

    async def _on_delete_membership(self, request: web.Request) -> web.Response:
        organization, team = self._asked_team(request)
        self._require_maintainer(request, organization, team, "remove a team membership")
        if team.members.pop(self._asked_account(request).id, None) is None:
            raise _RefusedError(404)
        return web.Response(status=204)

    def _asked_account(self, request: web.Request) -> Account:
        account = self._github.account(request.match_info["login"])
        if account is None:
            raise _RefusedError(404)
        return account

    def _asked_organization(self, request: web.Request) -> Organization:
        asked = request.match_info
        for organization in self._github.organizations:
            if asked.get("org", "").lower() == organization.login.lower():
                return organization
            if asked.get("org_id") == str(organization.id):
                return organization
        raise _RefusedError(404)

    def _asked_team(self, request: web.Request) -> tuple[Organization, Team]:
        """The team, if the token shows it."""
        token, organization = request[TOKEN], self._asked_organization(request)
        asked = request.match_info
        for team in organization.teams:
            if asked.get("team_id") == str(team.id) or asked.get("slug", "").lower() == team.slug:
                open_to = (
                    team.privacy == "closed"
                    or token.account.id in team.members
                    or organization.is_owner(token.account)
                )
                if open_to and token.sees(organization):
                    return organization, team
        raise _RefusedError(404)

    def _require_maintainer(
        self, request: web.Request, organization: Organization, team: Team, action: str
    ) -> None:
        token = request[TOKEN]
        if not token.may("admin:org"):
            raise _RefusedError(404)
        own = team.members.get(token.account.id)
        if not organization.is_owner(token.account) and (own is None or own.role != "maintainer"):
            raise _RefusedError(
                403, f"You must be an organization owner or team maintainer to {action}."
            )

    def _change(self, organization: Organization, team: Team, given: dict[str, Any]) -> None:
        if organization.team(slug(given.get("name", team.name))) not in (None, team):
            error = {
                "resource": "Team",
                "code": "unprocessable",
                "field": "data",
                "message": "Name must be unique for this org",
            }
            raise _RefusedError(422, "Validation Failed", errors=[error])
        for name in ("name", "description", "privacy", "notification_setting"):
            if name in given:
                setattr(team, name, given[name])

    def _account(self, account: Account, full: bool = False) -> dict[str, Any]:
        more = {"name": None, "email": None} if full else {}
        return {
            "login": account.login,
            "id": account.id,
            "node_id": f"U_{account.id}",
            "url": f"{self._root}/users/{account.login}",
            "html_url": f"{self._github.url}/{account.login}",
            "type": "User",
            "site_admin": False,
            **more,
        }

    def _organization(self, organization: Organization) -> dict[str, Any]:
        return {
            "login": organization.login,
            "id": organization.id,
            "node_id": f"O_{organization.id}",
            "url": f"{self._root}/orgs/{organization.login}",
            "description": None,
        }

    def _team(self, organization: Organization, team: Team) -> dict[str, Any]:
        return {
            "id": team.id,
            "node_id": f"T_{team.id}",
            "name": team.name,
            "slug": team.slug,
            "description": team.description,
            "privacy": team.privacy,
            "notification_setting": team.notification_setting,
            "permission": "pull",
            "url": f"{self._root}/organizations/{organization.id}/team/{team.id}",
            "html_url": f"{self._github.url}/orgs/{organization.login}/teams/{team.slug}",
            "members_count": sum(membership.active for membership in team.members.values()),
            "parent": None,
            "organization": self._organization(organization),
        }

    def _membership(
        self, organization: Organization, team: Team, membership: Membership
    ) -> dict[str, Any]:
        """An owner of the organization is a maintainer of each of its teams."""
        login, owner = membership.account.login, organization.is_owner(membership.account)
        address = f"{self._root}/organizations/{organization.id}/team/{team.id}"
        return {
            "url": f"{address}/memberships/{login}",
            "role": "maintainer" if owner else membership.role,
            "state": membership.state,
        }
