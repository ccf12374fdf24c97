"""openstack:blockstorage/volume:Volume."""

from contextlib import suppress
from typing import ClassVar

from offline.plugins.inputs import Changes, Input, MapOf, Table, compare
from offline.plugins.openstack.attachment import detach
from offline.plugins.openstack.errors import if_there
from offline.plugins.openstack.managed import LIMIT_S, Managed, changed
from offline.plugins.openstack.patience import Patience
from offline.plugins.resource import Call, ProviderError, Values

SOURCES = ("imageId", "snapshotId", "sourceVolId")
DONE = ("available", "in-use")


def _size(value: int) -> str | None:
    return None if value > 0 else f"is {value}; give the volume's size in GB"


def _policy(value: str) -> str | None:
    return None if value in ("never", "on-demand") else f"is '{value}'; it is never or on-demand"


class Volume(Managed):
    service, noun, title = "storage", "volume", "volume"
    inputs: ClassVar[Table] = {
        "name": Input(str, autoname=True),
        "description": Input(str),
        "size": Input(int, required=True, rule=_size),
        "enableOnlineResize": Input(bool),
        "metadata": Input(MapOf(str), computed=True),
        "availabilityZone": Input(str, computed=True, replace=True),
        "volumeType": Input(str, computed=True),
        "volumeRetypePolicy": Input(str, default="never", rule=_policy),
        **{source: Input(str, replace=True) for source in SOURCES},
    }
    outputs: ClassVar = {"region": str}
    names: ClassVar = {"imageId": "imageRef", "sourceVolId": "source_volid"}
    unsent = frozenset({"enableOnlineResize", "volumeRetypePolicy"})
    unread = frozenset({"imageId"})

    def check(self, inputs: Values) -> dict[str, str]:
        given = [source for source in SOURCES if source in inputs]
        if len(given) > 1:
            return {given[0]: f"{' and '.join(given)} exclude each other; give one"}
        return {}

    def changes(self, state: Values, inputs: Values) -> Changes:
        """None of its own, but a smaller volume is refused here: before anything is touched."""
        old, new = state.get("size"), inputs.get("size")
        found = compare(self.inputs, state, inputs)
        replaced = any(change.kind.name.endswith("_REPLACE") for change in found.values())
        if isinstance(old, int) and isinstance(new, int) and new < old and not replaced:
            raise ProviderError(
                f"{self._what(state)} has {old} GB and is to have {new}: a volume cannot shrink; "
                f"give size {old} or more"
            )
        return {}

    def _settle(self, patience: Patience, id: str, inputs: Values) -> None:
        self._reach(patience, id, f"waiting until {self._what(inputs)} is made")

    def _reach(self, patience: Patience, id: str, waiting: str) -> None:
        """Wait until it is usable."""

        def usable() -> bool | None:
            found = self._cloud.storage.get_volume(id)
            if found.status.startswith("error"):
                raise ProviderError(
                    f"volume {found.name} ({id}) is in the state '{found.status}'{self._why(id)}; "
                    "try again, or ask the cloud's support"
                )
            return found.status in DONE or None

        patience.until(usable, waiting, f"volume {id} does not get ready; ask the cloud's support")

    def _why(self, id: str) -> str:
        """The storage service's last message on it."""
        with suppress(Exception):  # not every cloud keeps them
            answer = self._cloud.storage.get(
                "/messages", params={"resource_uuid": id}, microversion="3.5"
            ).json()
            return f" ({answer['messages'][0]['user_message']})"
        return ""

    def _change(self, call: Call, id: str, state: Values, inputs: Values) -> None:
        patience, storage = Patience(call, LIMIT_S), self._cloud.storage
        names, what = changed(self.inputs, state, inputs), self._what(inputs)
        if "size" in names:
            found = storage.get_volume(id)
            if found.status == "in-use" and not inputs.get("enableOnlineResize"):
                raise ProviderError(
                    f"{what} is in use and cannot be grown: give enableOnlineResize, or detach it"
                )
            if found.size != inputs["size"]:  # grown already, by a run that was cut off
                storage.extend_volume(id, inputs["size"])
            self._reach(patience, id, f"waiting until {what} has grown")
        if "volumeType" in names:
            policy = inputs["volumeRetypePolicy"]
            storage.retype_volume(id, inputs["volumeType"], migration_policy=policy)
            self._reach(patience, id, f"waiting until {what} is of type {inputs['volumeType']}")
            # the service says nothing where it does not do it
            if storage.get_volume(id).volume_type != inputs["volumeType"]:
                raise ProviderError(
                    f"the cloud did not make {what} one of type {inputs['volumeType']}"
                    f"{self._why(id)}; volumeRetypePolicy on-demand lets it move the volume"
                )
        body = self._body(inputs, names & {"name", "description", "metadata"})
        if body:
            storage.update_volume(id, **body)

    def _values(self, found: Values, state: Values) -> Values:
        values = super()._values(found, state)
        given = state.get("metadata") or {}  # the service notes something there itself
        return values | {"metadata": {k: v for k, v in found["metadata"].items() if k in given}}

    def delete(self, call: Call, id: str, state: Values) -> None:
        patience, what = Patience(call, LIMIT_S), self._what(state, id)
        storage = self._cloud.storage

        def gone() -> bool | None:
            found = if_there(storage.get_volume, id)
            if found and found.status == "error_deleting":
                raise ProviderError(
                    f"the cloud cannot delete {what}{self._why(id)}; ask its support"
                )
            if found and found.status in ("available", "error"):
                storage.delete_volume(id)
            return None if found else True

        with self._cloud.errors(f"delete {what}"):
            found = if_there(storage.get_volume, id)
            for attached in found.attachments if found else []:
                detach(self._cloud, patience, attached["server_id"], id)
            patience.until(
                gone,
                f"waiting until {what} is deleted",
                f"{what} is still there; run this again, or ask the cloud's support",
            )
