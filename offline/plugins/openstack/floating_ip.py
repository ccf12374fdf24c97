"""openstack:networking: FloatingIp, and FloatingIpAssociate, which leads one to a port."""

from collections.abc import Iterable
from typing import ClassVar

from offline.plugins.inputs import Input, Table
from offline.plugins.openstack.errors import if_there
from offline.plugins.openstack.managed import Managed, OfCloud
from offline.plugins.resource import Call, ProviderError, Values


class FloatingIp(Managed):
    noun = "ip"
    inputs: ClassVar[Table] = {
        "pool": Input(str, required=True, replace=True),
        "description": Input(str, required=True),
    }
    outputs = frozenset({"address", "allTags", "dnsDomain", "dnsName", "region", "tenantId"})
    names: ClassVar = {"address": "floating_ip_address"}
    unsent = frozenset({"pool"})

    def _body(self, inputs: Values, names: Iterable[str]) -> Values:
        body = super()._body(inputs, names)
        if "pool" in names:
            body["floating_network_id"] = self._network(inputs["pool"])
        return body

    def _network(self, pool: str) -> str:
        """The id of the external network with this name."""
        there = list(self._cloud.network.networks(is_router_external=True))
        ids = [network.id for network in there if network.name == pool]
        if len(ids) != 1:
            names = ", ".join(sorted({network.name for network in there})) or "none"
            raise ProviderError(
                f"the cloud has {len(ids) or 'no'} external network '{pool}', and one is needed; "
                f"those that it has: {names}"
            )
        return ids[0]

    def _what(self, values: Values, id: str = "") -> str:
        return f"floating IP {values.get('address') or values.get('pool') or id}"


class FloatingIpAssociate(OfCloud):
    """Its id is that of the floating IP."""

    inputs: ClassVar[Table] = {
        "floatingIp": Input(str, required=True, replace=True),
        "portId": Input(str, required=True),
    }
    outputs = frozenset({"fixedIp", "region"})

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        address = inputs["floatingIp"]
        with self._cloud.errors(f"lead floating IP {address} to port {inputs['portId']}"):
            found = list(self._cloud.network.ips(floating_ip_address=address))
            if len(found) != 1:
                raise ProviderError(
                    f"the project has no floating IP {address}; correct the address, or get one by "
                    "a FloatingIp resource"
                )
        return found[0].id, self.update(call, found[0].id, {}, inputs)

    def read(self, call: Call, id: str, state: Values) -> Values | None:
        with self._cloud.errors(f"read floating IP {state['floatingIp']}"):
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
        address, port = inputs["floatingIp"], inputs["portId"]
        with self._cloud.errors(f"lead floating IP {address} to port {port}"):
            self._cloud.network.update_ip(id, port_id=port)
        return self.read(call, id, inputs) or {}

    def delete(self, call: Call, id: str, state: Values) -> None:
        with self._cloud.errors(f"lead floating IP {state['floatingIp']} nowhere"):
            found = if_there(self._cloud.network.get_ip, id)
            # by now it may lead to another port, for somebody else
            if found and found.port_id == state.get("portId"):
                self._cloud.network.update_ip(id, port_id=None)
