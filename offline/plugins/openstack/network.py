"""openstack:networking: Network, Subnet, Port, SecGroup and SecGroupRule."""

from typing import ClassVar

from offline.plugins.inputs import Input, SetOf, Table
from offline.plugins.openstack.managed import Managed
from offline.plugins.openstack.patience import Patience
from offline.plugins.resource import Values


class Network(Managed):
    noun = "network"
    inputs: ClassVar[Table] = {
        "name": Input(str, required=True),
        "adminStateUp": Input(bool, required=True),
    }
    outputs = frozenset({
        "allTags", "external", "mtu", "portSecurityEnabled", "region", "shared", "tenantId",
    })  # fmt: skip
    names: ClassVar = {"external": "router:external"}
    defaults: ClassVar = {"availabilityZoneHints": [], "segments": []}


class Subnet(Managed):
    noun = "subnet"
    inputs: ClassVar[Table] = {
        "name": Input(str, required=True),
        "networkId": Input(str, required=True, replace=True),
        "cidr": Input(str, required=True, replace=True),
        "ipVersion": Input(int, required=True, replace=True),
    }
    outputs = frozenset({
        "allTags", "allocationPools", "enableDhcp", "gatewayIp", "region", "serviceTypes",
        "tenantId",
    })  # fmt: skip
    defaults: ClassVar = {"noGateway": False}


class Port(Managed):
    noun = "port"
    inputs: ClassVar[Table] = {
        "name": Input(str, required=True),
        "networkId": Input(str, required=True, replace=True),
        "adminStateUp": Input(bool, required=True),
        "securityGroupIds": Input(SetOf(str), required=True),
    }
    outputs = frozenset({
        "allFixedIps", "allSecurityGroupIds", "allTags", "dnsName", "macAddress",
        "portSecurityEnabled", "region", "tenantId",
    })  # fmt: skip
    names: ClassVar = {
        "securityGroupIds": "security_groups",
        "allSecurityGroupIds": "security_groups",
    }
    defaults: ClassVar = {
        "binding": {"vifDetails": {}, "vnicType": "normal"},
        "dnsAssignments": [],
    }

    def _settle(self, patience: Patience, id: str, inputs: Values) -> None:
        patience.until(
            lambda: (self._find(id) or {}).get("status") in ("ACTIVE", "DOWN") or None,
            f"waiting until {self._what(inputs)} is made",
            f"{self._what(inputs)} is not made; ask the cloud's support",
        )

    def _values(self, found: Values, state: Values) -> Values:
        addresses = [ip["ip_address"] for ip in found["fixed_ips"] or []]
        return super()._values(found, state) | {"allFixedIps": addresses}


class SecGroup(Managed):
    noun = "security_group"
    inputs: ClassVar[Table] = {
        "name": Input(str, required=True),
        "description": Input(str, required=True),
        "deleteDefaultRules": Input(bool, required=True, replace=True),
    }
    outputs = frozenset({"allTags", "region", "stateful", "tenantId"})
    unsent = frozenset({"deleteDefaultRules"})

    def _settle(self, patience: Patience, id: str, inputs: Values) -> None:
        if inputs["deleteDefaultRules"]:
            for rule in self._cloud.network.security_group_rules(security_group_id=id):
                self._cloud.network.delete_security_group_rule(rule)


class SecGroupRule(Managed):
    """Nothing of a rule can be changed in place."""

    noun = "security_group_rule"
    inputs: ClassVar[Table] = {
        "securityGroupId": Input(str, required=True, replace=True),
        "direction": Input(str, required=True, replace=True),
        "ethertype": Input(str, required=True, replace=True),
        "protocol": Input(str, replace=True),
        "portRangeMin": Input(int, replace=True),
        "portRangeMax": Input(int, replace=True),
        "remoteIpPrefix": Input(str, replace=True),
    }
    outputs = frozenset({"region", "tenantId"})
