"""openstack:networking: SecGroup and SecGroupRule."""

from typing import ClassVar

from offline.plugins.inputs import Input, Table, one_of
from offline.plugins.openstack.managed import Managed
from offline.plugins.openstack.patience import Patience
from offline.plugins.resource import Values

LARGEST_PORT = 65535


def _port(value: int) -> str | None:
    return None if 0 <= value <= LARGEST_PORT else f"is {value}; it must be 0 to {LARGEST_PORT}"


class SecGroup(Managed):
    noun, title = "security_group", "security group"
    inputs: ClassVar[Table] = {
        "name": Input(str, autoname=True),
        "description": Input(str, computed=True),
        "deleteDefaultRules": Input(bool, replace=True),
    }
    outputs: ClassVar = {"allTags": [str], "region": str, "stateful": bool, "tenantId": str}
    unsent = frozenset({"deleteDefaultRules"})

    def _settle(self, patience: Patience, id: str, inputs: Values) -> None:
        if inputs.get("deleteDefaultRules"):
            for rule in self._cloud.network.security_group_rules(security_group_id=id):
                self._cloud.network.delete_security_group_rule(rule)


class SecGroupRule(Managed):
    """Nothing of a rule can be changed in place."""

    noun, title = "security_group_rule", "security group rule"
    inputs: ClassVar[Table] = {
        "description": Input(str, replace=True),
        "direction": Input(str, required=True, replace=True, rule=one_of("ingress", "egress")),
        "ethertype": Input(str, required=True, replace=True, rule=one_of("IPv4", "IPv6")),
        "portRangeMax": Input(int, replace=True, rule=_port),
        "portRangeMin": Input(int, replace=True, rule=_port),
        "protocol": Input(str, replace=True),
        "remoteGroupId": Input(str, replace=True, computed=True),
        "remoteIpPrefix": Input(
            str, replace=True, computed=True, same=lambda old, new: old == new.lower()
        ),
        "securityGroupId": Input(str, required=True, replace=True),
    }
    outputs: ClassVar = {"region": str, "tenantId": str}

    def check(self, inputs: Values) -> dict[str, str]:
        ports = [name for name in ("portRangeMin", "portRangeMax") if name in inputs]
        if len(ports) == 1 or (ports and "protocol" not in inputs):
            return {ports[0]: "'portRangeMin' and 'portRangeMax' go together, and with 'protocol'"}
        return {}
