"""openstack:compute/volumeAttach:VolumeAttach. Its id is the server's and the volume's."""

from typing import Any, ClassVar

from offline.plugins.inputs import Input, Table
from offline.plugins.openstack.cloud import Cloud
from offline.plugins.openstack.errors import if_there, sdk, status
from offline.plugins.openstack.managed import LIMIT_S
from offline.plugins.openstack.patience import Patience
from offline.plugins.resource import Call, ProviderError, Resource, Values

PASSING = (
    "attaching", "backing-up", "creating", "detaching", "downloading", "extending", "reserved",
    "retyping",
)  # fmt: skip


class VolumeAttach(Resource):
    inputs: ClassVar[Table] = {
        "instanceId": Input(str, required=True, replace=True),
        "volumeId": Input(str, required=True, replace=True),
        "device": Input(str, computed=True, replace=True),
    }
    outputs: ClassVar = {"region": str}
    delete_before_replace = True  # a volume is attached once only

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        server, volume = inputs["instanceId"], inputs["volumeId"]
        patience = Patience(call, LIMIT_S)
        with self._cloud.errors(f"attach volume {volume} to server {server}"):
            # there already after a run that was cut off: what it began is waited for
            if _attachment(self._cloud, server, volume) is None:
                patience.until(
                    lambda: self._volume(volume).status not in PASSING or None,
                    f"waiting until volume {volume} is idle",
                    f"volume {volume} is still busy; {_remedy(server, volume)}",
                )
                device = {"device": inputs["device"]} if "device" in inputs else {}
                self._cloud.compute.create_volume_attachment(server, volume, **device)
            patience.until(
                lambda: self._attached(server, volume),
                f"waiting until volume {volume} is attached",
                f"volume {volume} is still not attached; {_remedy(server, volume)}",
            )
            id = f"{server}/{volume}"
            return id, self.read(call, id, inputs) or {}

    def _attached(self, server: str, volume: str) -> bool | None:
        there = _attachment(self._cloud, server, volume)
        found = self._volume(volume)
        if there is None or found.status.startswith("error"):
            raise ProviderError(
                f"the cloud could not attach volume {volume} (now '{found.status}') to server "
                f"{server}; `openstack server event list {server}` may say why"
            )
        return found.status == "in-use" or None

    def read(self, call: Call, id: str, state: Values) -> Values | None:
        server, volume = id.split("/")
        with self._cloud.errors(f"read what is attached to server {server}"):
            found = _attachment(self._cloud, server, volume)
        if found is None:
            return None
        return {
            "instanceId": server,
            "volumeId": volume,
            "device": found.device or "",
            "region": self._cloud.region,
        }

    def delete(self, call: Call, id: str, state: Values) -> None:
        server, volume = id.split("/")
        with self._cloud.errors(f"detach volume {volume} from server {server}"):
            detach(self._cloud, Patience(call, LIMIT_S), server, volume)

    def _volume(self, id: str) -> Any:
        return self._cloud.storage.get_volume(id)


def detach(cloud: Cloud, patience: Patience, server: str, volume: str) -> None:
    """Until the volume is free; that server or volume are gone is no error."""
    asked = False
    # given as such: the SDK would look an id up, and turn the two round where it finds none
    where = sdk().compute.v2.server.Server.new(id=server)

    def free() -> bool | None:
        nonlocal asked
        if _attachment(cloud, server, volume):
            if not asked:
                try:
                    cloud.compute.delete_volume_attachment(where, volume)
                    asked = True
                except Exception as error:
                    if status(error) not in (400, 409):  # busy with something else
                        raise
            return None
        found = if_there(cloud.storage.get_volume, volume)
        gone = found is None or all(a["server_id"] != server for a in found.attachments)
        return gone or None

    patience.until(
        free,
        f"waiting until volume {volume} is detached",
        f"volume {volume} is still attached to server {server}; {_remedy(server, volume)}",
    )


def _attachment(cloud: Cloud, server: str, volume: str) -> Any:
    attached = if_there(lambda: list(cloud.compute.volume_attachments(server)))
    return next((a for a in attached or [] if a.volume_id == volume), None)


def _remedy(server: str, volume: str) -> str:
    return (
        f"see `openstack volume show {volume}`: if its status does not change any more, run "
        f"`openstack server remove volume {server} {volume}` or ask the cloud's support to reset "
        "it, then run this again"
    )
