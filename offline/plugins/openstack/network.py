"""openstack:networking: Network, Subnet and Port."""

import ipaddress
from collections.abc import Iterable
from typing import ClassVar

from offline.plugins.inputs import Input, SetOf, Table
from offline.plugins.openstack.managed import Managed
from offline.plugins.openstack.patience import Patience
from offline.plugins.resource import Values

FIXED_IP = {"subnetId": Input(str, required=True), "ipAddress": Input(str)}
POOL = {"start": Input(str), "end": Input(str)}


def _cidr(value: str) -> str | None:
    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        return f"is '{value}', which is no address of a subnet ({error})"
    return None


class Network(Managed):
    noun, title = "network", "network"
    inputs: ClassVar[Table] = {
        "name": Input(str, autoname=True),
        "description": Input(str),
        "adminStateUp": Input(bool, computed=True),
    }
    outputs: ClassVar = {
        "allTags": [str], "external": bool, "mtu": int, "portSecurityEnabled": bool,
        "region": str, "shared": bool, "tenantId": str,
    }  # fmt: skip
    names: ClassVar = {"external": "router:external"}


class Subnet(Managed):
    noun, title = "subnet", "subnet"
    inputs: ClassVar[Table] = {
        "name": Input(str, autoname=True),
        "description": Input(str),
        "networkId": Input(str, required=True, replace=True),
        "cidr": Input(str, required=True, replace=True, rule=_cidr),
        "ipVersion": Input(int, default=4, replace=True),
        "dnsNameservers": Input([str]),
        "enableDhcp": Input(bool, default=True),
        "gatewayIp": Input(str, computed=True),
        "noGateway": Input(bool, default=False),
    }
    outputs: ClassVar = {
        "allTags": [str], "allocationPools": [POOL], "ipv6AddressMode": str, "ipv6RaMode": str,
        "region": str, "serviceTypes": [str], "tenantId": str,
    }  # fmt: skip
    unsent = frozenset({"noGateway"})

    def check(self, inputs: Values) -> dict[str, str]:
        if inputs.get("noGateway") is True and "gatewayIp" in inputs:
            return {"noGateway": "'noGateway' and 'gatewayIp' exclude each other; give one"}
        return {}

    def _body(self, inputs: Values, names: Iterable[str]) -> Values:
        body = super()._body(inputs, names)
        if inputs["noGateway"]:
            body["gateway_ip"] = None
        elif "noGateway" in names and "gatewayIp" not in inputs and "networkId" not in names:
            # there was none until now
            first = ipaddress.ip_network(inputs["cidr"])[1]
            body["gateway_ip"] = str(first)
        return body

    def _values(self, found: Values, state: Values) -> Values:
        return super()._values(found, state) | {
            "gatewayIp": found["gateway_ip"] or "",
            "noGateway": not found["gateway_ip"],
        }


class Port(Managed):
    noun, title = "port", "port"
    inputs: ClassVar[Table] = {
        "name": Input(str, autoname=True),
        "description": Input(str),
        "networkId": Input(str, required=True, replace=True),
        "adminStateUp": Input(bool, computed=True),
        "securityGroupIds": Input(SetOf(str)),
        "fixedIps": Input([FIXED_IP]),
    }
    outputs: ClassVar = {
        "allFixedIps": [str], "allSecurityGroupIds": [str], "allTags": [str], "dnsName": str,
        "macAddress": str, "portSecurityEnabled": bool, "region": str, "tenantId": str,
    }  # fmt: skip
    volatile = frozenset({"allFixedIps", "allSecurityGroupIds"})
    names: ClassVar = {
        "securityGroupIds": "security_groups",
        "allSecurityGroupIds": "security_groups",
    }
    unread = frozenset({"securityGroupIds", "fixedIps"})

    def _settle(self, patience: Patience, id: str, inputs: Values) -> None:
        patience.until(
            lambda: (self._find(id) or {}).get("status") in ("ACTIVE", "DOWN") or None,
            f"waiting until {self._what(inputs)} is made",
            f"{self._what(inputs)} is not made; ask the cloud's support",
        )

    def _body(self, inputs: Values, names: Iterable[str]) -> Values:
        body = super()._body(inputs, names)
        if "fixedIps" in names:
            body["fixed_ips"] = [
                {"subnet_id": ip["subnetId"]}
                | ({"ip_address": ip["ipAddress"]} if ip.get("ipAddress") else {})
                for ip in inputs.get("fixedIps", [])
            ]
            if not body["fixed_ips"]:  # it keeps those it has
                del body["fixed_ips"]
        return body

    def _values(self, found: Values, state: Values) -> Values:
        return super()._values(found, state) | {
            "allFixedIps": [ip["ip_address"] for ip in found["fixed_ips"] or []]
        }
