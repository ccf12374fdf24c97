"""docker:index/network:Network. Nothing of a network can be changed in place."""

import time

from offline.plugins.docker.engine import Engine, sdk
from offline.plugins.inputs import Input, MapOf, SetOf
from offline.plugins.resource import Call, ProviderError, Resource, Values

REMOVE_WAIT_S = 30
POLL_S = 0.5

LABELS = SetOf({"label": Input(str, required=True), "value": Input(str, required=True)})
IPAM_CONFIG = {
    "subnet": Input(str),
    "ipRange": Input(str),
    "gateway": Input(str),
    "auxAddress": Input(MapOf(str)),
}
# their names in the engine's API
IPAM_NAMES = {
    "subnet": "Subnet",
    "ipRange": "IPRange",
    "gateway": "Gateway",
    "auxAddress": "AuxiliaryAddresses",
}
INPUTS = {
    "name": Input(str, replace=True, autoname=True),
    "driver": Input(str, replace=True, computed=True),
    "options": Input(MapOf(str), replace=True, computed=True),
    "labels": Input(LABELS, replace=True),
    "internal": Input(bool, replace=True, computed=True),
    "attachable": Input(bool, replace=True),
    "ingress": Input(bool, replace=True),
    "ipv6": Input(bool, replace=True),
    "ipamDriver": Input(str, replace=True, default="default"),
    "ipamOptions": Input(MapOf(str), replace=True, computed=True),
    "ipamConfigs": Input(SetOf(IPAM_CONFIG), replace=True, computed=True),
}
OUTPUTS = {"scope": str}
META = '{"schema_version":"1"}'  # what the official plugin needs to go on from our state


class Network(Resource):
    inputs = INPUTS
    outputs = OUTPUTS

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        pools = [
            sdk().types.IPAMPool(
                subnet=config.get("subnet"),
                iprange=config.get("ipRange"),
                gateway=config.get("gateway"),
                aux_addresses=config.get("auxAddress"),
            )
            for config in inputs.get("ipamConfigs", [])
        ]
        with self._engine.errors(f"create network {inputs['name']}"):
            id = self._engine.client.create_network(
                inputs["name"],
                driver=inputs.get("driver"),
                options=inputs.get("options"),
                ipam=sdk().types.IPAMConfig(inputs["ipamDriver"], pools, inputs.get("ipamOptions")),
                check_duplicate=True,  # engines before 25 allow two networks of one name
                internal=inputs.get("internal", False),
                labels={item["label"]: item["value"] for item in inputs.get("labels", [])},
                enable_ipv6=inputs.get("ipv6", False),
                attachable=inputs.get("attachable"),
                ingress=inputs.get("ingress"),
            )["Id"]
        return id, self.read(call, id, inputs) or {}

    def read(self, call: Call, id: str, state: Values) -> Values | None:
        with self._engine.errors(f"read network {state.get('name', id)}"):
            try:
                found = self._engine.client.inspect_network(id)
            except sdk().errors.NotFound:
                return None
        return {
            "__meta": META,
            "name": found["Name"],
            "driver": found["Driver"],
            "options": _given(found["Options"], state.get("options")),
            "labels": [{"label": k, "value": v} for k, v in (found["Labels"] or {}).items()],
            "internal": found["Internal"],
            "attachable": found["Attachable"],
            "ingress": found["Ingress"],
            "ipv6": found["EnableIPv6"],
            "ipamDriver": found["IPAM"]["Driver"],
            "ipamOptions": _given(found["IPAM"]["Options"], state.get("ipamOptions")),
            "ipamConfigs": _ipam_configs(found, state.get("ipamConfigs")),
            "scope": found["Scope"],
        }

    def delete(self, call: Call, id: str, state: Values) -> None:
        name = state.get("name", id)
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


def _given(found: Values | None, known: Values | None) -> Values:
    """What the engine says, without what it added to something given."""
    return {k: v for k, v in (found or {}).items() if not known or k in known}


def _ipam_configs(found: Values, known: list[Values] | None) -> list[Values]:
    """As `_given`, for each address pool."""
    configs = [
        {name: config[key] for name, key in IPAM_NAMES.items() if config.get(key)}
        for config in found["IPAM"]["Config"] or []
    ]
    if known and all(any(pool.items() <= config.items() for config in configs) for pool in known):
        return known
    return configs
