"""docker:index/network:Network. Nothing of a network can be changed in place."""

import time

from offline.plugins.docker.engine import Engine, sdk
from offline.plugins.inputs import Input, MapOf, SetOf
from offline.plugins.resource import Call, ProviderError, Resource, Values

REMOVE_WAIT_S = 30
POLL_S = 0.5

LABELS = SetOf({"label": Input(str, required=True), "value": Input(str, required=True)})
INPUTS = {
    "name": Input(str, required=True, replace=True),
    "driver": Input(str, required=True, replace=True),
    "options": Input(MapOf(str), replace=True, computed=True),
    "labels": Input(LABELS, replace=True),
}
# their names in the engine's API
IPAM_NAMES = {
    "subnet": "Subnet",
    "ipRange": "IPRange",
    "gateway": "Gateway",
    "auxAddress": "AuxiliaryAddresses",
}
META = '{"schema_version":"1"}'  # what the official plugin needs to go on from our state


class Network(Resource):
    inputs = INPUTS
    outputs = frozenset({
        "attachable", "ingress", "internal", "ipamConfigs", "ipamDriver", "ipamOptions", "ipv6",
        "scope",
    })  # fmt: skip

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        with self._engine.errors(f"create network {inputs['name']}"):
            id = self._engine.client.create_network(
                inputs["name"],
                driver=inputs["driver"],
                options=inputs.get("options"),
                check_duplicate=True,  # engines before 25 allow two networks of one name
                labels={item["label"]: item["value"] for item in inputs.get("labels", [])},
            )["Id"]
        return id, self.read(call, id, inputs) or {}

    def read(self, call: Call, id: str, state: Values) -> Values | None:
        with self._engine.errors(f"read network {state['name']}"):
            try:
                found = self._engine.client.inspect_network(id)
            except sdk().errors.NotFound:
                return None
        given = state.get("options")
        return {
            "__meta": META,
            "name": found["Name"],
            "driver": found["Driver"],
            # Without what the engine adds to something given.
            "options": {k: v for k, v in found["Options"].items() if not given or k in given},
            "labels": [{"label": k, "value": v} for k, v in (found["Labels"] or {}).items()],
            "internal": found["Internal"],
            "attachable": found["Attachable"],
            "ingress": found["Ingress"],
            "ipv6": found["EnableIPv6"],
            "ipamDriver": found["IPAM"]["Driver"],
            "ipamOptions": found["IPAM"]["Options"] or {},
            "ipamConfigs": [
                {name: pool[key] for name, key in IPAM_NAMES.items() if pool.get(key)}
                for pool in found["IPAM"]["Config"] or []
            ],
            "scope": found["Scope"],
        }

    def delete(self, call: Call, id: str, state: Values) -> None:
        name = state["name"]
        deadline = time.monotonic() + REMOVE_WAIT_S
        with self._engine.errors(f"remove network {name}"):
            while True:
                try:
                    return self._engine.client.remove_network(id)
                except sdk().errors.NotFound:
                    return None
                except sdk().errors.APIError as error:
                    if "has active endpoints" not in str(error):
                        raise
                    if time.monotonic() > deadline or call.cancelled.is_set():
                        raise ProviderError(self._still_used(id, name)) from error
                    time.sleep(POLL_S)

    def _still_used(self, id: str, name: str) -> str:
        containers = self._engine.client.inspect_network(id)["Containers"] or {}
        users = ", ".join(sorted(c["Name"] for c in containers.values()))
        return (
            f"network {name} is still used by {users}; remove these containers and run this again"
        )
