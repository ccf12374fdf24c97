"""github:index/team:Team."""

import threading
from contextlib import suppress
from dataclasses import replace
from typing import ClassVar

import httpx

from offline.plugins.github.connection import GitHub
from offline.plugins.inputs import Input, Table
from offline.plugins.resource import Call, Resource, Values

# Inputs of the official plugin that the program leaves to their defaults: it would take a state
# without them for a team that is to be changed.
DEFAULTS = {
    "createDefaultMaintainer": False,
    "notificationSetting": "notifications_enabled",
    "parentTeamId": "",
}


class Team(Resource):
    """Its id is the number that GitHub gives it."""

    inputs: ClassVar[Table] = {  # under the names that they have at GitHub
        "name": Input(str, required=True),
        "privacy": Input(str, required=True),
    }
    outputs = frozenset({"nodeId", "slug"})

    def __init__(self, github: GitHub) -> None:
        self._github = github

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        with self._github.errors(f"create team {inputs['name']}"):
            teams = f"/orgs/{self._github.organization(call)['login']}/teams"
            made = self._github.request(call, "POST", teams, inputs)
            id = str(made["id"])
            path = self._github.team(call, id)
            try:
                # GitHub makes who creates a team its maintainer
                for member in self._github.request(call, "GET", f"{path}/members"):
                    self._github.request(call, "DELETE", f"{path}/memberships/{member['login']}")
            except Exception:  # the state would not know the team
                late = replace(call, cancelled=threading.Event())
                with suppress(httpx.HTTPError):
                    self._github.request(late, "DELETE", path)
                raise
        return id, _values(made)

    def read(self, call: Call, id: str, state: Values) -> Values | None:
        with self._github.errors(f"read team {state['name']}"):
            found = self._github.if_there(call, "GET", self._github.team(call, id))
        return None if found is None else _values(found)

    def update(self, call: Call, id: str, state: Values, inputs: Values) -> Values:
        with self._github.errors(f"change team {inputs['name']}"):
            return _values(self._github.request(call, "PATCH", self._github.team(call, id), inputs))

    def delete(self, call: Call, id: str, state: Values) -> None:
        with self._github.errors(f"delete team {state['name']}"):
            self._github.if_there(call, "DELETE", self._github.team(call, id))


def _values(found: Values) -> Values:
    return {
        **DEFAULTS,
        "name": found["name"],
        "privacy": found["privacy"],
        "nodeId": found["node_id"],
        "slug": found["slug"],
    }
