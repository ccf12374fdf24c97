"""openstack:compute/instance:Instance, a server."""

from datetime import UTC, datetime
from typing import Any

from offline.plugins.openstack.cloud import Cloud
from offline.plugins.openstack.errors import if_there, sdk
from offline.plugins.openstack.instance_inputs import (
    IN_PLACE,
    INPUTS,
    OUTPUTS,
    body,
    needs_image,
    user_data_hash,
    wrong,
)
from offline.plugins.openstack.managed import changed
from offline.plugins.openstack.patience import Patience, undone
from offline.plugins.openstack.server_networks import found_networks, wanted_networks
from offline.plugins.resource import Call, ProviderError, Resource, Values

LIMIT_S = 1800
# the flavor's id is not in later answers
MICROVERSION = "2.1"
FROM_VOLUME = "Attempt to boot from volume - no image supplied"  # the official plugin's words
STARTED_BY = {
    "SHUTOFF": "start_server",
    "PAUSED": "unpause_server",
    "SUSPENDED": "resume_server",
    "SHELVED": "unshelve_server",
    "SHELVED_OFFLOADED": "unshelve_server",
}


class Instance(Resource):
    inputs = INPUTS
    outputs = OUTPUTS
    volatile = frozenset({"allMetadata"})

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def check(self, inputs: Values) -> dict[str, str]:
        return wrong(inputs)

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        patience, name = Patience(call, LIMIT_S), inputs["name"]
        with self._cloud.errors(f"create server {name}"):
            request = body(
                inputs,
                self._cloud.find("flavor", inputs.get("flavorName"), inputs.get("flavorId")).id,
                self._image(inputs),
                wanted_networks(self._cloud, inputs),
            )
            id = self._cloud.compute.create_server(**request).id
            with undone(call, f"server {name} ({id})", lambda late: self._remove(late, id, name)):
                self._reach(patience, id, "ACTIVE", f"waiting until server {name} is built")
                if inputs["powerState"] == "shutoff":
                    self._stop(patience, id, name)
                return id, self._state(call, id, inputs)

    def _image(self, inputs: Values) -> str | None:
        if not needs_image(inputs.get("blockDevices") or []):
            return None
        return self._cloud.find("image", inputs.get("imageName"), inputs.get("imageId")).id

    def read(self, call: Call, id: str, state: Values) -> Values | None:
        with self._cloud.errors(f"read server {state.get('name', id)}"):
            server = self._find(id)
            if server is None:
                return None
            networks = found_networks(self._cloud, id, state)
            flavor = if_there(self._cloud.compute.get_flavor, server.flavor.id)
            values = {
                "name": server.name,
                "accessIpV4": _first(networks, "fixedIpV4") or server.access_ipv4,
                "accessIpV6": _first(networks, "fixedIpV6") or server.access_ipv6,
                "allMetadata": server.metadata,
                "availabilityZone": server.availability_zone,
                "created": _as_official(server.created_at),
                "flavorId": server.flavor.id,
                "keyPair": server.key_name or "",
                "networks": networks,
                "powerState": server.status.lower(),
                "region": self._cloud.region,
                **self._image_values(server, state),
            }
        if flavor:  # a server goes on with one that the cloud does not offer any more
            values["flavorName"] = flavor.name
        if "securityGroups" in state:
            values["securityGroups"] = sorted({group["name"] for group in server.security_groups})
        return values

    def _image_values(self, server: Any, state: Values) -> Values:
        if not needs_image(state.get("blockDevices") or []):
            return {"imageId": FROM_VOLUME}
        if not server.image or not server.image.id:
            return {}
        image = if_there(self._cloud.connection.image.get_image, server.image.id)
        return {"imageId": server.image.id, "imageName": image.name if image else "Image not found"}

    def update(self, call: Call, id: str, state: Values, inputs: Values) -> Values:
        names, name, compute = changed(INPUTS, state, inputs), inputs["name"], self._cloud.compute
        if refused := sorted(names & IN_PLACE.keys()):
            raise ProviderError(
                f"another {refused[0]} would {IN_PLACE[refused[0]]} server {name} in place, which "
                "this plugin does not carry out; have it replaced: name it by replace_on_changes, "
                "or run `pulumi up --replace URN`"
            )
        patience = Patience(call, LIMIT_S)
        with self._cloud.errors(f"change server {name}"):
            if "name" in names:
                compute.update_server(id, name=name)
            if "powerState" in names:
                self._set_power(patience, id, inputs)
            if "metadata" in names:
                new = inputs.get("metadata") or {}
                if gone := (state.get("metadata") or {}).keys() - new.keys():
                    compute.delete_server_metadata(id, sorted(gone))
                if new:
                    compute.set_server_metadata(id, **new)
            if "securityGroups" in names:
                old, new = set(state.get("securityGroups", [])), set(inputs["securityGroups"])
                for group in old - new:
                    if_there(compute.remove_security_group_from_server, id, group)
                for group in new - old:
                    compute.add_security_group_to_server(id, group)
            return self._state(call, id, inputs)

    def _set_power(self, patience: Patience, id: str, inputs: Values) -> None:
        name, wanted = inputs["name"], inputs["powerState"].upper()
        server = self._cloud.compute.get_server(id)
        if server.status == wanted:
            return
        if wanted == "SHUTOFF":
            self._stop(patience, id, name)
            return
        if server.status not in STARTED_BY:
            raise ProviderError(
                f"server {name} is {server.status}, from where it cannot be started"
            )
        getattr(self._cloud.compute, STARTED_BY[server.status])(id)
        self._reach(patience, id, "ACTIVE", f"waiting until server {name} runs")

    def _stop(self, patience: Patience, id: str, name: str) -> None:
        self._cloud.compute.stop_server(id)
        self._reach(patience, id, "SHUTOFF", f"waiting until server {name} is shut down")

    def _reach(self, patience: Patience, id: str, wanted: str, waiting: str) -> None:
        def reached() -> bool | None:
            server = self._find(id)
            if server is None:
                raise ProviderError(f"server {id} is gone from the cloud: somebody deleted it")
            if server.status == "ERROR":
                fault = (server.fault or {}).get("message", "it says no more").rstrip(". ")
                raise ProviderError(
                    f"the cloud put server {server.name} ({id}) in the state ERROR: {fault}. {_remedy(fault)}"
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

    def _state(self, call: Call, id: str, inputs: Values) -> Values:
        values = self.read(call, id, inputs) or {}
        if "userData" in inputs:
            values["userData"] = user_data_hash(inputs["userData"])
        return values

    def delete(self, call: Call, id: str, state: Values) -> None:
        name = state.get("name", id)
        with self._cloud.errors(f"delete server {name}"):
            if state.get("stopBeforeDestroy"):
                self._try_to_stop(call, id, name)
            self._remove(call, id, name)

    def _try_to_stop(self, call: Call, id: str, name: str) -> None:
        """Let what runs there end its work; a server that does not stop is deleted all the same."""
        server = self._find(id)
        if server and server.status == "ACTIVE":
            try:
                self._stop(Patience(call, LIMIT_S), id, name)
            except ProviderError as error:
                if call.cancelled.is_set():
                    raise
                call.log(f"deleting server {name} without a stop: {error}", severity="WARNING")

    def _remove(self, call: Call, id: str, name: str) -> None:
        self._cloud.compute.delete_server(id, ignore_missing=True)

        def gone() -> bool | None:
            server = self._find(id)
            return server is None or server.status in ("DELETED", "SOFT_DELETED") or None

        Patience(call, LIMIT_S).until(
            gone,
            f"waiting until server {name} is deleted",
            f"server {name} is still there; run this again or ask the cloud's support",
        )


def _first(networks: list[Values], name: str) -> str:
    return next((network[name] for network in networks if network.get(name)), "")


def _as_official(time: str) -> str:
    """As a program in Go prints it."""
    return f"{datetime.fromisoformat(time).astimezone(UTC):%Y-%m-%d %H:%M:%S} +0000 UTC"


def _remedy(fault: str) -> str:
    if "No valid host" in fault:
        return "It has no room for such a machine now: try again later, or choose another flavor"
    return "Try again, or ask the cloud's support"
