"""Resources that one service makes, shows, changes and deletes by their id."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from offline.plugins.inputs import Table, compare
from offline.plugins.openstack.cloud import Cloud
from offline.plugins.openstack.errors import explain, if_there, status
from offline.plugins.openstack.patience import Patience, undone
from offline.plugins.resource import Call, Resource, Values

NAMES = {"allTags": "tags", "tenantId": "project_id"}


class OfCloud(Resource):
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud


class Managed(OfCloud):
    """service, noun: whose SDK methods are create_<noun> and so on.

    names: the API's names where they are not the inputs' and outputs' own in snake case.
    unsent: inputs that the API does not take as they are. defaults: what the official plugin has
    in a state where the API shows nothing.
    """

    service: ClassVar[str] = "network"
    noun: ClassVar[str]
    names: ClassVar[Mapping[str, str]] = {}
    unsent: frozenset[str] = frozenset()
    defaults: ClassVar[Mapping[str, Any]] = {}

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        patience, what = Patience(call), self._what(inputs)
        with self._cloud.errors(f"create {what}"):
            id = self._do("create", **self._body(inputs, inputs)).id
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
        with self._cloud.errors(f"change {self._what(inputs)}"):
            self._change(call, id, inputs, changed(self.inputs, state, inputs))
            return self.read(call, id, inputs) or {}

    def _change(self, call: Call, id: str, inputs: Values, names: set[str]) -> None:
        if body := self._body(inputs, names):
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
            Patience(call).until(
                gone,
                f"waiting until nothing uses {what}",
                lambda: f"{what} is still used: {reason}; remove what uses it and run this again",
            )

    def _body(self, inputs: Values, names: Iterable[str]) -> Values:
        """What the API takes of these inputs."""
        return {self._api(name): inputs[name] for name in names if name not in self.unsent}

    def _values(self, found: Any, state: Values) -> Values:
        """Inputs and outputs, from what the API shows."""
        values = {n: found.get(self._api(n)) for n in (*self.inputs, *self.outputs)}
        shown = {name: value for name, value in values.items() if value is not None}
        return {**self.defaults, **shown, "region": self._cloud.region}

    def _api(self, name: str) -> str:
        """The API's name for it."""
        return self.names.get(name) or NAMES.get(name) or snake(name)

    def _find(self, id: str) -> Any:
        """What the API shows, by its names."""
        found = if_there(self._do, "get", id)
        return found and found.to_dict(original_names=True)

    def _do(self, verb: str, *args: Any, **more: Any) -> Any:
        return getattr(getattr(self._cloud, self.service), f"{verb}_{self.noun}")(*args, **more)

    def _what(self, values: Values, id: str = "") -> str:
        return f"{self.noun.replace('_', ' ')} {values.get('name') or id}".strip()


def changed(table: Table, state: Values, inputs: Values) -> set[str]:
    """The inputs that differ from the state."""
    paths = compare(table, state, inputs)
    return {path.split(".")[0].split("[")[0] for path in paths}


def snake(name: str) -> str:
    return re.sub(r"(?=[A-Z])", "_", name).lower()
