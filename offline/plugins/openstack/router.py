"""openstack:networking: Router, and RouterInterface, which connects a subnet to it."""

from collections.abc import Iterable
from typing import Any, ClassVar

from offline.plugins.inputs import Input, Table
from offline.plugins.openstack.errors import if_there, status
from offline.plugins.openstack.managed import Managed, OfCloud
from offline.plugins.openstack.patience import Patience, undone
from offline.plugins.resource import Call, Values

STARTING = ("BUILD", "PENDING_CREATE", "PENDING_UPDATE")


class Router(Managed):
    noun = "router"
    inputs: ClassVar[Table] = {
        "name": Input(str, required=True),
        "adminStateUp": Input(bool, required=True),
        "externalNetworkId": Input(str, required=True),
    }
    outputs = frozenset({
        "allTags", "distributed", "enableSnat", "externalFixedIps", "region", "tenantId",
    })  # fmt: skip
    unsent = frozenset({"externalNetworkId"})
    defaults: ClassVar = {"availabilityZoneHints": []}

    def _settle(self, patience: Patience, id: str, inputs: Values) -> None:
        what = self._what(inputs)
        patience.until(
            lambda: (self._find(id) or {}).get("status") not in STARTING or None,
            f"waiting until {what} works",
            f"{what} does not work; ask the cloud's support",
        )

    def _body(self, inputs: Values, names: Iterable[str]) -> Values:
        body = super()._body(inputs, names)
        if "externalNetworkId" in names:
            body["external_gateway_info"] = {"network_id": inputs["externalNetworkId"]}
        return body

    def _values(self, found: Values, state: Values) -> Values:
        gateway = found.get("external_gateway_info") or {}
        return super()._values(found, state) | {
            "externalNetworkId": gateway.get("network_id", ""),
            "enableSnat": gateway.get("enable_snat", False),
            "externalFixedIps": [
                {"subnetId": ip["subnet_id"], "ipAddress": ip["ip_address"]}
                for ip in gateway.get("external_fixed_ips") or []
            ],
        }


class RouterInterface(OfCloud):
    """Its id is that of the port which the network's service makes for it."""

    inputs: ClassVar[Table] = {
        "routerId": Input(str, required=True, replace=True),
        "subnetId": Input(str, required=True, replace=True),
    }
    outputs = frozenset({"portId", "region"})

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        router, subnet = inputs["routerId"], inputs["subnetId"]
        patience = Patience(call)
        with self._cloud.errors(f"connect subnet {subnet} to router {router}"):
            made = self._cloud.network.add_interface_to_router(router, subnet=subnet)
            id = made["port_id"]
            with undone(call, f"the interface {id}", lambda late: self.delete(late, id, inputs)):
                # a network whose interfaces stay DOWN routes once something uses it
                patience.until(
                    lambda: getattr(self._port(id), "status", "") not in STARTING or None,
                    "waiting until the subnet is connected",
                    f"subnet {subnet} is not connected; ask the cloud's support",
                )
                return id, self.read(call, id, inputs) or {}

    def read(self, call: Call, id: str, state: Values) -> Values | None:
        with self._cloud.errors(f"read the interface of router {state['routerId']}"):
            port = self._port(id)
        if port is None:
            return None
        values = {"routerId": port.device_id, "portId": id, "region": self._cloud.region}
        if len(port.fixed_ips) == 1:
            values["subnetId"] = port.fixed_ips[0]["subnet_id"]
        return {**values, "forceDestroy": False}  # the official plugin's default

    def delete(self, call: Call, id: str, state: Values) -> None:
        router, subnet = state["routerId"], state["subnetId"]

        def gone() -> bool | None:
            try:
                self._cloud.network.remove_interface_from_router(router, subnet=subnet)
            except Exception as error:
                if status(error) not in (404, 409):
                    raise
            return None if self._port(id) else True

        with self._cloud.errors(f"disconnect subnet {subnet} from router {router}"):
            Patience(call).until(
                gone,
                "waiting until nothing uses the connection",
                f"router {router} still leads to something in subnet {subnet}, such as a floating "
                "IP; remove that first",
            )

    def _port(self, id: str) -> Any:
        return if_there(self._cloud.network.get_port, id)
