"""github:index/team:Team."""

import threading
from contextlib import suppress
from dataclasses import replace
from typing import ClassVar

import httpx

from offline.plugins.github.connection import GitHub
from offline.plugins.inputs import Input, Table, one_of
from offline.plugins.resource import Call, Resource, Values

# their names in the API
NAMES = {
    "name": "name",
    "description": "description",
    "privacy": "privacy",
    "notificationSetting": "notification_setting",
}


class Team(Resource):
    """Its id is the number that GitHub gives it."""

    inputs: ClassVar[Table] = {
        "name": Input(str, autoname=True),
        "description": Input(str),
        "privacy": Input(str, default="secret", rule=one_of("secret", "closed")),
        "notificationSetting": Input(
            str,
            default="notifications_enabled",
            rule=one_of("notifications_enabled", "notifications_disabled"),
        ),
        "createDefaultMaintainer": Input(bool, default=False),
    }
    outputs: ClassVar = {"nodeId": str, "slug": str}
    volatile = frozenset({"slug"})

    def __init__(self, github: GitHub) -> None:
        self._github = github

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        with self._github.errors(f"create team {inputs['name']}"):
            organization = self._github.organization(call)
            path = f"/orgs/{organization['login']}/teams"
            made = self._github.request(call, "POST", path, _body(inputs))
            id = str(made["id"])
            if not inputs["createDefaultMaintainer"]:
                try:
                    self._remove_members(call, self._github.team(call, id))
                except Exception:  # the state would not know the team
                    late = replace(call, cancelled=threading.Event())
                    with suppress(httpx.HTTPError):
                        self._github.request(late, "DELETE", self._github.team(late, id))
                    raise
            return id, _values(made)

    def _remove_members(self, call: Call, path: str) -> None:
        """GitHub makes who creates a team its maintainer."""
        for member in self._github.request(call, "GET", f"{path}/members"):
            self._github.request(call, "DELETE", f"{path}/memberships/{member['login']}")

    def read(self, call: Call, id: str, state: Values) -> Values | None:
        """id: of an import also the slug."""
        with self._github.errors(f"read team {state.get('name', id)}"):
            found = self._github.if_there(call, "GET", self._github.team(call, id))
            return None if found is None else {"id": str(found["id"]), **_values(found)}

    def update(self, call: Call, id: str, state: Values, inputs: Values) -> Values:
        with self._github.errors(f"change team {inputs['name']}"):
            path = self._github.team(call, id)
            return _values(self._github.request(call, "PATCH", path, _body(inputs)))

    def delete(self, call: Call, id: str, state: Values) -> None:
        with self._github.errors(f"delete team {state.get('name', id)}"):
            self._github.if_there(call, "DELETE", self._github.team(call, id))


def _body(inputs: Values) -> Values:
    return {key: inputs.get(name, "") for name, key in NAMES.items()}


def _values(found: Values) -> Values:
    values = {name: found.get(key) or "" for name, key in NAMES.items()}
    return {**values, "nodeId": found["node_id"], "slug": found["slug"]}
