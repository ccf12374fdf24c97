"""openstack:networking: FloatingIp, and FloatingIpAssociate, which leads one to a port."""

from collections.abc import Iterable
from typing import ClassVar

from offline.plugins.inputs import Input, Table
from offline.plugins.openstack.cloud import Cloud
from offline.plugins.openstack.errors import if_there
from offline.plugins.openstack.managed import Managed
from offline.plugins.resource import Call, ProviderError, Resource, Values


class FloatingIp(Managed):
    noun, title = "ip", "floating IP"
    inputs: ClassVar[Table] = {
        "pool": Input(str, required=True, replace=True),
        "description": Input(str),
        "portId": Input(str, computed=True),
    }
    outputs: ClassVar = {
        "address": str, "allTags": [str], "dnsDomain": str, "dnsName": str, "region": str,
        "tenantId": str,
    }  # fmt: skip
    names: ClassVar = {"address": "floating_ip_address"}
    unsent = frozenset({"pool"})
    unread = frozenset({"portId"})

    def _body(self, inputs: Values, names: Iterable[str]) -> Values:
        body = super()._body(inputs, names)
        if "pool" in names:
            pool = self._cloud.find("external network", inputs["pool"])
            body["floating_network_id"] = pool.id
        return body

    def _values(self, found: Values, state: Values) -> Values:
        values = super()._values(found, state)
        values["pool"] = self._cloud.network.get_network(found["floating_network_id"]).name
        if "portId" in state:
            values["portId"] = found["port_id"] or ""
        return values

    def _what(self, values: Values, id: str = "") -> str:
        return f"floating IP {values.get('address') or values.get('pool') or id}"


class FloatingIpAssociate(Resource):
    """Its id is that of the floating IP."""

    inputs: ClassVar[Table] = {
        "floatingIp": Input(str, required=True, replace=True),
        "portId": Input(str, required=True),
    }
    outputs: ClassVar = {"fixedIp": str, "region": str}

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        address = inputs["floatingIp"]
        with self._cloud.errors(f"lead floating IP {address} to port {inputs['portId']}"):
            found = list(self._cloud.network.ips(floating_ip_address=address))
            if len(found) != 1:
                raise ProviderError(
                    f"the project has no floating IP {address}; correct the address, or get one by "
                    "a FloatingIp resource"
                )
            self._cloud.network.update_ip(found[0].id, port_id=inputs["portId"])
            return found[0].id, self.read(call, found[0].id, inputs) or {}

    def read(self, call: Call, id: str, state: Values) -> Values | None:
        with self._cloud.errors(f"read floating IP {state.get('floatingIp', id)}"):
            found = if_there(self._cloud.network.get_ip, id)
        if found is None:
            return None
        return {
            "floatingIp": found.floating_ip_address,
            "portId": found.port_id or "",
            "fixedIp": found.fixed_ip_address or "",
            "region": self._cloud.region,
        }

    def update(self, call: Call, id: str, state: Values, inputs: Values) -> Values:
        with self._cloud.errors(f"lead floating IP {inputs['floatingIp']} to another port"):
            self._cloud.network.update_ip(id, port_id=inputs["portId"])
        return self.read(call, id, inputs) or {}

    def delete(self, call: Call, id: str, state: Values) -> None:
        with self._cloud.errors(f"lead floating IP {state.get('floatingIp', id)} nowhere"):
            found = if_there(self._cloud.network.get_ip, id)
            # by now it may lead to another port, for somebody else
            if found and found.port_id == state.get("portId"):
                self._cloud.network.update_ip(id, port_id=None)
