"""github:index/teamMembership:TeamMembership. Nothing of a membership can be changed in place."""

from typing import ClassVar
from urllib.parse import quote

import httpx

from offline.plugins.github.connection import GitHub
from offline.plugins.github.errors import gone
from offline.plugins.inputs import Input, Table
from offline.plugins.resource import Call, ProviderError, Resource, Values

# An input of the official plugin that the program leaves to its default. GitHub makes an owner of
# the organization a maintainer; the official plugin would take a state that says so for a change.
DEFAULTS = {"role": "member"}


class TeamMembership(Resource):
    """Its id is "<team>:<username>"."""

    inputs: ClassVar[Table] = {
        "teamId": Input(str, required=True, replace=True),
        "username": Input(str, required=True, replace=True),
    }

    def __init__(self, github: GitHub) -> None:
        self._github = github

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        team, username = inputs["teamId"], inputs["username"]
        with self._github.errors(f"add {username} to team {team}"):
            try:
                found = self._github.request(call, "PUT", self._path(call, inputs), DEFAULTS)
            except httpx.HTTPStatusError as error:
                person = f"/users/{quote(username, safe='')}"
                if gone(error) and self._github.if_there(call, "GET", person) is None:
                    raise ProviderError(
                        f"GitHub has no user '{username}' to add to team {team}; correct the name"
                    ) from error
                raise
        if found["state"] == "pending":
            call.log(f"{username} is invited, and joins the team by accepting the invitation")
        return f"{team}:{username}", {**DEFAULTS}

    def read(self, call: Call, id: str, state: Values) -> Values | None:
        with self._github.errors(f"read the membership of {state['username']}"):
            found = self._github.if_there(call, "GET", self._path(call, state))
        return None if found is None else {**DEFAULTS}

    def delete(self, call: Call, id: str, state: Values) -> None:
        with self._github.errors(f"remove {state['username']} from team {state['teamId']}"):
            self._github.if_there(call, "DELETE", self._path(call, state))

    def _path(self, call: Call, values: Values) -> str:
        team = self._github.team(call, values["teamId"])
        return f"{team}/memberships/{quote(values['username'], safe='')}"
