"""github:index/teamMembership:TeamMembership."""

from typing import ClassVar
from urllib.parse import quote

import httpx

from offline.plugins.github.connection import GitHub
from offline.plugins.github.errors import gone
from offline.plugins.inputs import Input, Table, one_of
from offline.plugins.resource import Call, ProviderError, Resource, Values


class TeamMembership(Resource):
    """Its id is "<team>:<username>", the team by its id or slug, as given."""

    inputs: ClassVar[Table] = {
        "teamId": Input(str, required=True, replace=True),
        "username": Input(
            str, required=True, replace=True, same=lambda old, new: old.lower() == new.lower()
        ),
        "role": Input(str, default="member", rule=one_of("member", "maintainer")),
    }

    def __init__(self, github: GitHub) -> None:
        self._github = github

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        id = f"{inputs['teamId']}:{inputs['username']}"
        return id, self.update(call, id, {}, inputs)

    def read(self, call: Call, id: str, state: Values) -> Values | None:
        """An import by the team's slug gets the team's id instead."""
        team, _, username = id.partition(":")
        if not username:
            raise ProviderError(
                f"'{id}' is no team membership's id; give one such as 1234567:ada or my-team:ada"
            )
        with self._github.errors(f"read the membership of {username} in team {team}"):
            if not state:
                found = self._github.if_there(call, "GET", self._github.team(call, team))
                if found is None:
                    return None
                team = str(found["id"])
            found = self._github.if_there(call, "GET", self._path(call, team, username))
        if found is None:
            return None
        values = {"teamId": team, "username": username, "role": found["role"]}
        return {"id": f"{team}:{username}", **values}

    def update(self, call: Call, id: str, state: Values, inputs: Values) -> Values:
        team, username = inputs["teamId"], inputs["username"]
        with self._github.errors(f"add {username} to team {team}"):
            path = self._path(call, team, username)
            try:
                found = self._github.request(call, "PUT", path, {"role": inputs["role"]})
            except httpx.HTTPStatusError as error:
                person = f"/users/{quote(username, safe='')}"
                if gone(error) and self._github.if_there(call, "GET", person) is None:
                    raise ProviderError(
                        f"GitHub has no user '{username}' to add to team {team}; correct the name"
                    ) from error
                raise
        if found["state"] == "pending":
            call.log(f"{username} is invited, and joins the team by accepting the invitation")
        return {"role": found["role"]}

    def delete(self, call: Call, id: str, state: Values) -> None:
        team, _, username = id.partition(":")
        with self._github.errors(f"remove {username} from team {team}"):
            self._github.if_there(call, "DELETE", self._path(call, team, username))

    def _path(self, call: Call, team: str, username: str) -> str:
        return f"{self._github.team(call, team)}/memberships/{quote(username, safe='')}"
