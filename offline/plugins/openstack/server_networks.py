"""The networks of a server: what is asked for, and what is found."""

from typing import Any

from offline.plugins.openstack.cloud import Cloud
from offline.plugins.openstack.errors import if_there
from offline.plugins.resource import Values


def wanted_networks(cloud: Cloud, inputs: Values) -> Any:
    """For the request; without any the cloud takes the only one there is."""
    networks = []
    for network in inputs.get("networks", []):
        if "port" in network:
            networks.append({"port": network["port"]})
            continue
        found = cloud.find("network", network.get("name"), network.get("uuid"))
        fixed = {"fixed_ip": network["fixedIpV4"]} if "fixedIpV4" in network else {}
        networks.append({"uuid": found.id, **fixed})
    return networks or "auto"


def found_networks(cloud: Cloud, id: str, state: Values) -> list[Values]:
    """In the order of those given, which are told by their port or network."""
    ports = list(cloud.network.ports(device_id=id))
    names = {network: _name(cloud, network) for network in {port.network_id for port in ports}}
    networks = []
    for given in state.get("networks") or [{} for _ in ports]:
        port = next((p for p in ports if _is(p, given, names)), None)
        if port is None:
            continue
        ports.remove(port)
        networks.append(
            {
                "uuid": port.network_id,
                "name": names[port.network_id],
                "port": given.get("port", ""),
                "mac": port.mac_address,
                "accessNetwork": False,
                "fixedIpV4": _address(port, "."),
                "fixedIpV6": _address(port, ":"),
            }
        )
    return networks


def _is(port: Any, given: Values, names: dict[str, str]) -> bool:
    if given.get("port"):
        return port.id == given["port"]
    if given.get("uuid"):
        return port.network_id == given["uuid"]
    return names[port.network_id] == given["name"] if given.get("name") else True


def _name(cloud: Cloud, id: str) -> str:
    found = if_there(cloud.network.get_network, id)
    return found.name if found else ""


def _address(port: Any, mark: str) -> str:
    addresses = [ip["ip_address"] for ip in port.fixed_ips or []]
    return next((address for address in addresses if mark in address), "")
