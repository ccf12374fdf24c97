"""What the program and its commands ask of a cloud themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cyberhubs.errors import UserError

if TYPE_CHECKING:
    from openstack.connection import Connection

CREDENTIALS = (
    "choose an entry of your clouds.yaml by OS_CLOUD, or source the openrc file from the cloud's "
    "dashboard (application credentials are best: they can be taken back)"
)
SHOWN = 12  # names that an error lists
CONSOLE_LINES = 20
START_S = 300


class CloudError(UserError):
    """What is wrong with the cloud or what is asked of it, and what to do next."""


@dataclass(frozen=True)
class Server:
    """`status`: as the cloud says it, such as ACTIVE; `fault`: why it is in ERROR; `ever_ran`: whether
    the cloud has once brought it up."""

    id: str
    status: str
    fault: str
    ever_ran: bool


class Cloud:
    """The one that the environment names. All its methods raise CloudError."""

    @cached_property
    def _connection(self) -> "Connection":
        import openstack  # 0.4 s, for this kind of host alone

        with _errors():
            connection = openstack.connect()
            connection.session.get_token()  # authorize() would hide why it fails
            return connection

    def check_credentials(self) -> None:
        _ = self._connection

    def find(self, kind: str, name: str) -> str:
        """Id of the one image, flavor or network that has this id or exact name."""
        with _errors():
            there = [(item.id, item.name) for item in self._all(kind)]
        ids = [id for id, _ in there if id == name] or [id for id, own in there if own == name]
        if len(ids) == 1:
            return ids[0]
        if ids:
            raise CloudError(
                f"The cloud has {len(ids)} {kind}s named {name!r}: write the id of one of them "
                f"instead ({', '.join(ids)})."
            )
        names = sorted({own for _, own in there if own})
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        raise CloudError(
            f"The cloud has no {kind} {name!r}. It has: {', '.join(names[:SHOWN])}{more}."
        )

    def _all(self, kind: str) -> Iterator[Any]:
        cloud = self._connection
        return {
            "image": cloud.image.images,
            "flavor": cloud.compute.flavors,
            "network": cloud.network.networks,
            "server": cloud.compute.servers,
            "volume": cloud.block_storage.volumes,
        }[kind]()

    def named(self, kind: str, name: str) -> set[str]:
        """Ids of all servers or volumes of exactly this name."""
        with _errors():
            return {item.id for item in self._all(kind) if item.name == name}

    def has(self, kind: str, id: str) -> bool:
        """Whether there is an image or flavor of this id."""
        with _errors():
            return any(item.id == id for item in self._all(kind))

    def forget_key_pair(self, name: str) -> bool:
        """Deletes the public key that new machines would get; whether there was one. Machines keep theirs."""
        with _errors():
            found = self._connection.compute.find_keypair(name)
            if found:
                self._connection.compute.delete_keypair(found)
            return found is not None

    def server(self, id: str) -> Server | None:
        """None if it is gone."""
        with _errors():
            found = self._connection.compute.find_server(id)
        if found is None:
            return None
        fault = (found.fault or {}).get("message", "")
        return Server(id, found.status, fault, bool(found.launched_at))

    def start(self, id: str) -> None:
        """Starts a server that is stopped; returns when the cloud says that it runs."""
        with _errors():
            compute = self._connection.compute
            compute.start_server(id)
            compute.wait_for_server(compute.get_server(id), wait=START_S)

    def delete(self, id: str) -> None:
        """Deletes a server; returns when it is gone."""
        with _errors():
            compute = self._connection.compute
            server = compute.get_server(id)
            compute.delete_server(server)
            compute.wait_for_delete(server, wait=START_S)

    def has_volume(self, id: str) -> bool:
        with _errors():
            return self._connection.block_storage.find_volume(id) is not None

    def has_address(self, id: str) -> bool:
        with _errors():
            return self._connection.network.find_ip(id) is not None

    def console(self, id: str) -> str:
        """The end of what a server has written on its console; empty where the cloud keeps none."""
        try:
            with _errors():
                answer = self._connection.compute.get_server_console_output(id, CONSOLE_LINES)
        except CloudError:
            return ""
        return (answer.get("output") or "").strip()


@contextmanager
def _errors() -> Iterator[None]:
    """What the SDK raises, as a sentence."""
    from keystoneauth1 import exceptions as keystone
    from openstack import exceptions

    try:
        yield
    except (keystone.MissingRequiredOptions, keystone.MissingAuthPlugin) as error:
        raise CloudError(f"No credentials for a cloud: {CREDENTIALS}.") from error
    except exceptions.ConfigException as error:
        raise CloudError(f"{str(error).rstrip('.')}: {CREDENTIALS}.") from error
    except keystone.Unauthorized as error:
        raise CloudError(
            "The cloud does not accept the credentials, which may have expired: renew them, or "
            f"{CREDENTIALS}."
        ) from error
    except keystone.ConnectFailure as error:
        raise CloudError(
            f"The cloud does not answer, try again later. ({error.message})"
        ) from error
    except (keystone.ClientException, exceptions.SDKException) as error:
        raise CloudError(f"The cloud says: {error}") from error
