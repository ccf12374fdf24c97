"""Resources that one service makes, shows, changes and deletes by their id."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from offline.plugins.inputs import MapOf, Table, compare
from offline.plugins.openstack.cloud import Cloud
from offline.plugins.openstack.errors import explain, if_there, status
from offline.plugins.openstack.patience import Patience, undone
from offline.plugins.resource import Call, Resource, Values

LIMIT_S = 600
NAMES = {"allTags": "tags", "tenantId": "project_id"}


class Managed(Resource):
    """service, noun: whose SDK methods are create_<noun> and so on. title: in messages.

    names: the API's names where they are not the inputs' and outputs' own in snake case.
    unsent: inputs that the API does not take as they are. unread: those that stay as given.
    """

    service: ClassVar[str] = "network"
    noun: ClassVar[str]
    title: ClassVar[str]
    names: ClassVar[Mapping[str, str]] = {}
    unsent: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        patience, what = Patience(call, LIMIT_S), self._what(inputs)
        with self._cloud.errors(f"create {what}"):
            id = self._do("create", **self._body(inputs, inputs.keys())).id
            with undone(call, f"{what} ({id})", lambda late: self.delete(late, id, inputs)):
                self._settle(patience, id, inputs)
                return id, self.read(call, id, inputs) or {}

    def _settle(self, patience: Patience, id: str, inputs: Values) -> None:
        """Wait until it is made."""

    def read(self, call: Call, id: str, state: Values) -> Values | None:
        with self._cloud.errors(f"read {self._what(state, id)}"):
            found = self._find(id)
            return None if found is None else self._values(found, state)

    def update(self, call: Call, id: str, state: Values, inputs: Values) -> Values:
        with self._cloud.errors(f"change {self._what(inputs, id)}"):
            self._change(call, id, state, inputs)
            return self.read(call, id, inputs) or {}

    def _change(self, call: Call, id: str, state: Values, inputs: Values) -> None:
        if body := self._body(inputs, changed(self.inputs, state, inputs)):
            self._do("update", id, **body)

    def delete(self, call: Call, id: str, state: Values) -> None:
        what, reason = self._what(state, id), ""

        def gone() -> bool | None:
            """Delete it: None while something that may yet go stands in the way."""
            nonlocal reason
            try:
                self._do("delete", id, ignore_missing=True)
            except Exception as error:
                if status(error) != 409:
                    raise
                reason = explain(error)
                return None
            return True

        with self._cloud.errors(f"delete {what}"):
            Patience(call, LIMIT_S).until(
                gone,
                f"waiting until nothing uses {what}",
                lambda: f"{what} is still used: {reason}; remove what uses it and run this again",
            )

    def _body(self, inputs: Values, names: Iterable[str]) -> Values:
        """What the API takes of these inputs; blank where one is no longer given."""
        return {
            self._api(name): inputs.get(name, _blank(self.inputs[name].kind))
            for name in names
            if name in self.inputs and name not in self.unsent
        }

    def _values(self, found: Values, state: Values) -> Values:
        """Inputs and outputs, from what the API shows."""
        shown = (self.inputs.keys() | self.outputs.keys()) - self.unsent - self.unread
        values = {name: found.get(self._api(name)) for name in shown}
        values["region"] = self._cloud.region
        return {name: value for name, value in values.items() if value is not None}

    def _api(self, name: str) -> str:
        """The API's name for it."""
        own = re.sub(r"(?=[A-Z])", "_", name).lower()
        return self.names.get(name) or NAMES.get(name) or own

    def _find(self, id: str) -> Values | None:
        """What the API shows, by its names."""
        found = if_there(self._do, "get", id)
        return found and found.to_dict(original_names=True)

    def _do(self, verb: str, *args: Any, **more: Any) -> Any:
        return getattr(getattr(self._cloud, self.service), f"{verb}_{self.noun}")(*args, **more)

    def _what(self, values: Values, id: str = "") -> str:
        return f"{self.title} {values.get('name') or id}".strip()


def changed(table: Table, state: Values, inputs: Values) -> set[str]:
    """The inputs that differ from the state."""
    paths = compare(table, state, inputs)
    return {path.split(".")[0].split("[")[0] for path in paths}


def _blank(kind: Any) -> Any:
    return "" if kind is str else {} if isinstance(kind, MapOf) else []
