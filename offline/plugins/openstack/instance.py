"""openstack:compute: Instance, a server, and Keypair."""

import base64
import hashlib
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from offline.plugins.inputs import Input, Table, one_of
from offline.plugins.openstack.errors import if_there, sdk
from offline.plugins.openstack.managed import Managed, snake
from offline.plugins.openstack.patience import Patience
from offline.plugins.resource import Call, ProviderError, Values

# the flavor's id is not in later answers
MICROVERSION = "2.1"
FROM_VOLUME = "Attempt to boot from volume - no image supplied"  # the official plugin's words


def _hash(text: str) -> str:
    """What the state holds instead: as the official plugin, so that a stack can go from one on."""
    return hashlib.sha1(text.encode()).hexdigest()


NETWORK = {"port": Input(str, required=True)}
BLOCK_DEVICE = {
    "uuid": Input(str, required=True),
    "sourceType": Input(str, required=True, rule=one_of("image")),
    "destinationType": Input(str, required=True, rule=one_of("volume")),
    "volumeSize": Input(int, required=True),
    "bootIndex": Input(int, required=True),
    "deleteOnTermination": Input(bool, required=True),
}
DEVICE_DEFAULTS = {"multiattach": False}


class Keypair(Managed):
    """Its id is its name. Nothing of a key pair can be changed in place."""

    service, noun = "compute", "keypair"
    inputs: ClassVar[Table] = {
        "name": Input(str, required=True, replace=True),
        "publicKey": Input(str, required=True, replace=True),
    }
    outputs = frozenset({"fingerprint", "region"})
    defaults: ClassVar = {"privateKey": "", "userId": ""}


class Instance(Managed):
    service, noun = "compute", "server"
    inputs: ClassVar[Table] = {
        "name": Input(str, required=True),
        "flavorId": Input(str, required=True),
        "imageId": Input(str, computed=True),
        "keyPair": Input(str, required=True, replace=True),
        "userData": Input(
            str, required=True, replace=True, same=lambda old, new: old in (new, _hash(new))
        ),
        "networks": Input([NETWORK], required=True, replace=True),
        "blockDevices": Input([BLOCK_DEVICE], replace=True),
        "stopBeforeDestroy": Input(bool, required=True),
    }
    outputs = frozenset({
        "accessIpV4", "accessIpV6", "allMetadata", "availabilityZone", "flavorName", "imageName",
        "powerState", "region", "securityGroups",
    })  # fmt: skip
    names: ClassVar = {
        "blockDevices": "block_device_mapping_v2",
        "flavorId": "flavorRef",
        "imageId": "imageRef",
        "keyPair": "key_name",
    }
    unsent = frozenset({"stopBeforeDestroy"})
    defaults: ClassVar = {"allTags": [], "forceDelete": False}

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        id, values = super().create(call, inputs)
        return id, {**values, "userData": _hash(inputs["userData"])}

    def update(self, call: Call, id: str, state: Values, inputs: Values) -> Values:
        values = super().update(call, id, state, inputs)
        return {**values, "userData": _hash(inputs["userData"])}

    def _body(self, inputs: Values, names: Iterable[str]) -> Values:
        body = super()._body(inputs, names)
        if "userData" in names:
            body["user_data"] = base64.b64encode(inputs["userData"].encode()).decode()
        if "blockDevices" in names:
            devices = [{snake(n): v for n, v in d.items()} for d in inputs["blockDevices"]]
            body["block_device_mapping_v2"] = devices
        return body

    def _settle(self, patience: Patience, id: str, inputs: Values) -> None:
        self._reach(patience, id, "ACTIVE", f"waiting until {self._what(inputs)} is built")

    def _values(self, found: Any, state: Values) -> Values:
        ports = {port.id: port for port in self._cloud.network.ports(device_id=found.id)}
        given = [network["port"] for network in state["networks"]]
        networks = [self._network(ports[port]) for port in given if port in ports]
        values = {
            **self.defaults,
            "name": found.name,
            "accessIpV4": next((n["fixedIpV4"] for n in networks), ""),
            "accessIpV6": next((n["fixedIpV6"] for n in networks), ""),
            "allMetadata": found.metadata,
            "availabilityZone": found.availability_zone,
            "flavorId": found.flavor.id,
            # a server goes on with one that the cloud does not offer any more
            "flavorName": _name(self._cloud.compute.get_flavor, found.flavor.id),
            "keyPair": found.key_name or "",
            "networks": networks,
            "powerState": found.status.lower(),
            "region": self._cloud.region,
            "securityGroups": sorted({group["name"] for group in found.security_groups or []}),
        }
        if devices := state.get("blockDevices"):
            values["blockDevices"] = [DEVICE_DEFAULTS | device for device in devices]
            return {**values, "imageId": FROM_VOLUME}
        image = found.image.id
        name = _name(self._cloud.connection.image.get_image, image)
        return {**values, "imageId": image, "imageName": name}

    def _network(self, port: Any) -> Values:
        addresses = [ip["ip_address"] for ip in port.fixed_ips or []]
        return {
            "port": port.id,
            "uuid": port.network_id,
            "name": _name(self._cloud.network.get_network, port.network_id),
            "mac": port.mac_address,
            "fixedIpV4": next((a for a in addresses if "." in a), ""),
            "fixedIpV6": next((a for a in addresses if ":" in a), ""),
            "accessNetwork": False,
        }

    def _reach(self, patience: Patience, id: str, wanted: str, waiting: str) -> None:
        def reached() -> bool | None:
            server = self._find(id)
            if server is None:
                raise ProviderError(f"server {id} is gone from the cloud: somebody deleted it")
            if server.status == "ERROR":
                fault = (server.fault or {}).get("message", "it says no more").rstrip(". ")
                raise ProviderError(
                    f"the cloud put server {server.name} ({id}) in the state ERROR: {fault}. "
                    f"{_remedy(fault)}"
                )
            return server.status == wanted or None

        patience.until(
            reached,
            waiting,
            f"server {id} is not {wanted}; run this again or ask the cloud's support",
        )

    def _find(self, id: str) -> Any:
        server = sdk().compute.v2.server.Server.new(id=id)
        return if_there(server.fetch, self._cloud.compute, microversion=MICROVERSION)

    def delete(self, call: Call, id: str, state: Values) -> None:
        what = self._what(state, id)
        with self._cloud.errors(f"delete {what}"):
            if state.get("stopBeforeDestroy"):
                self._try_to_stop(call, id, what)
            self._do("delete", id, ignore_missing=True)

            def gone() -> bool | None:
                server = self._find(id)
                return server is None or server.status in ("DELETED", "SOFT_DELETED") or None

            Patience(call).until(
                gone,
                f"waiting until {what} is deleted",
                f"{what} is still there; run this again or ask the cloud's support",
            )

    def _try_to_stop(self, call: Call, id: str, what: str) -> None:
        """Let what runs there end its work; a server that does not stop is deleted all the same."""
        server = self._find(id)
        if server and server.status == "ACTIVE":
            try:
                self._cloud.compute.stop_server(id)
                self._reach(Patience(call), id, "SHUTOFF", f"waiting until {what} is shut down")
            except ProviderError as error:
                if call.cancelled.is_set():
                    raise
                call.log(f"deleting {what} without a stop: {error}", severity="WARNING")


def _name(get: Callable[[str], Any], id: str) -> str:
    """Its name, if it is still there."""
    found = if_there(get, id)
    return found.name if found else ""


def _remedy(fault: str) -> str:
    if "No valid host" in fault:
        return "It has no room for such a machine now: try again later, or choose another flavor"
    return "Try again, or ask the cloud's support"
