"""openstack:blockstorage/volume:Volume, and openstack:compute/volumeAttach:VolumeAttach."""

from contextlib import suppress
from typing import Any, ClassVar

from offline.plugins.inputs import Input, Table
from offline.plugins.openstack.errors import if_there, sdk, status
from offline.plugins.openstack.managed import Managed, OfCloud
from offline.plugins.openstack.patience import Patience
from offline.plugins.resource import Call, ProviderError, Values

DONE = ("available", "in-use")
PASSING = (
    "attaching", "backing-up", "creating", "detaching", "downloading", "extending", "reserved",
    "retyping",
)  # fmt: skip


class Volume(Managed):
    service, noun = "storage", "volume"
    inputs: ClassVar[Table] = {
        "name": Input(str, required=True),
        "description": Input(str, required=True),
        "size": Input(int, required=True),
        "enableOnlineResize": Input(
            bool,
            required=True,
            rule=lambda on: None if on else "is false, and this plugin grows volumes in use",
        ),
    }
    outputs = frozenset({"availabilityZone", "region", "volumeType"})
    unsent = frozenset({"enableOnlineResize"})
    # the service notes in its metadata what a server does with it
    defaults: ClassVar = {"attachments": [], "metadata": {}, "volumeRetypePolicy": "never"}

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

    def _change(self, call: Call, id: str, inputs: Values, names: set[str]) -> None:
        if "size" in names:
            # grown already, by a run that was cut off
            if self._cloud.storage.get_volume(id).size != inputs["size"]:
                self._cloud.storage.extend_volume(id, inputs["size"])
            self._reach(Patience(call), id, f"waiting until {self._what(inputs)} has grown")
        super()._change(call, id, inputs, names - {"size"})

    def delete(self, call: Call, id: str, state: Values) -> None:
        what, storage = self._what(state, id), self._cloud.storage

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
            Patience(call).until(
                gone,
                f"waiting until {what} is deleted",
                f"{what} is still there: detach it if a server has it, or ask the cloud's support, "
                "and run this again",
            )


class VolumeAttach(OfCloud):
    """Its id is the server's and the volume's."""

    inputs: ClassVar[Table] = {
        "instanceId": Input(str, required=True, replace=True),
        "volumeId": Input(str, required=True, replace=True),
    }
    outputs = frozenset({"device", "region"})

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        server, volume = inputs["instanceId"], inputs["volumeId"]
        patience = Patience(call)
        with self._cloud.errors(f"attach volume {volume} to server {server}"):
            # there already after a run that was cut off: what it began is waited for
            if self._attachment(server, volume) is None:
                patience.until(
                    lambda: self._volume(volume).status not in PASSING or None,
                    f"waiting until volume {volume} is idle",
                    f"volume {volume} is still busy; {_remedy(server, volume)}",
                )
                self._cloud.compute.create_volume_attachment(server, volume)
            patience.until(
                lambda: self._attached(server, volume),
                f"waiting until volume {volume} is attached",
                f"volume {volume} is still not attached; {_remedy(server, volume)}",
            )
            id = f"{server}/{volume}"
            return id, self.read(call, id, inputs) or {}

    def _attached(self, server: str, volume: str) -> bool | None:
        there, found = self._attachment(server, volume), self._volume(volume)
        if there is None or found.status.startswith("error"):
            raise ProviderError(
                f"the cloud could not attach volume {volume} (now '{found.status}') to server "
                f"{server}; `openstack server event list {server}` may say why"
            )
        return found.status == "in-use" or None

    def read(self, call: Call, id: str, state: Values) -> Values | None:
        server, volume = id.split("/")
        with self._cloud.errors(f"read what is attached to server {server}"):
            found = self._attachment(server, volume)
        if found is None:
            return None
        return {
            "instanceId": server,
            "volumeId": volume,
            "device": found.device or "",
            "region": self._cloud.region,
        }

    def delete(self, call: Call, id: str, state: Values) -> None:
        """Until the volume is free; that server or volume are gone is no error."""
        server, volume = id.split("/")
        asked = False
        # given as such: the SDK would look an id up, and turn the two round where it finds none
        where = sdk().compute.v2.server.Server.new(id=server)

        def free() -> bool | None:
            nonlocal asked
            if self._attachment(server, volume):
                if not asked:
                    try:
                        self._cloud.compute.delete_volume_attachment(where, volume)
                        asked = True
                    except Exception as error:
                        if status(error) not in (400, 409):  # busy with something else
                            raise
                return None
            found = if_there(self._volume, volume)
            gone = found is None or all(a["server_id"] != server for a in found.attachments)
            return gone or None

        with self._cloud.errors(f"detach volume {volume} from server {server}"):
            Patience(call).until(
                free,
                f"waiting until volume {volume} is detached",
                f"volume {volume} is still attached to server {server}; {_remedy(server, volume)}",
            )

    def _volume(self, id: str) -> Any:
        return self._cloud.storage.get_volume(id)

    def _attachment(self, server: str, volume: str) -> Any:
        attached = if_there(lambda: list(self._cloud.compute.volume_attachments(server)))
        return next((a for a in attached or [] if a.volume_id == volume), None)


def _remedy(server: str, volume: str) -> str:
    return (
        f"see `openstack volume show {volume}`: if its status does not change any more, run "
        f"`openstack server remove volume {server} {volume}` or ask the cloud's support to reset "
        "it, then run this again"
    )
