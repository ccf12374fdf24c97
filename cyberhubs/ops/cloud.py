"""What a stack has in an OpenStack cloud, compared with its state, which knows only what Pulumi did."""

import os
from contextlib import suppress
from typing import Any

from cyberhubs.cloud import Cloud
from cyberhubs.errors import UserError
from cyberhubs.machine import BOOT_S, MachineError, SshMachine
from cyberhubs.machine.endpoint import ssh_connection
from cyberhubs.names import in_cloud
from cyberhubs.ops.stack import INSTANCE, Stack
from cyberhubs.settings.host import OpenStackHostSettings

ATTACHMENT = "openstack:compute/volumeAttach:VolumeAttach"
VOLUME = "openstack:blockstorage/volume:Volume"
ADDRESS = "openstack:networking/floatingIp:FloatingIp"
ADDRESS_OF_PORT = "openstack:networking/floatingIpAssociate:FloatingIpAssociate"
ARRIVED = "host-arrived"  # the first script on a machine

Made = dict[str, dict[str, Any]]  # what the state holds, by type


def environment_of_previews(stack: Stack) -> dict[str, str]:
    """What to add for a preview, which asks no cloud and needs no credentials: Pulumi's provider does not
    start without an address to ask, and asks none before it has to."""
    given = os.environ.keys() & {"OS_CLOUD", "OS_AUTH_URL"}
    if given or not isinstance(stack.settings.host, OpenStackHostSettings):
        return {}
    return {"OS_AUTH_URL": "https://no-cloud.invalid/v3"}


def ready(stack: Stack) -> bool:
    """Whether the stack's machine is there and runs, so that it can be asked.

    Before anything is touched, what the state holds is looked for in the cloud: a machine that is
    gone is told to Pulumi, which then makes one, and one that is stopped is started. Raises UserError
    where that would lose anything, and CloudError where the cloud cannot be asked.
    """
    host = stack.settings.host
    if not isinstance(host, OpenStackHostSettings):
        return True
    resources = stack.resources()
    cloud, made = Cloud(), _made(resources)
    cloud.check_credentials()
    _check_unknown(stack, cloud, host, {resource.get("id") for resource in resources})
    if VOLUME in made:
        _check_volume(stack, cloud, host, made[VOLUME])
    if (address := made.get(ADDRESS)) and not cloud.has_address(address["id"]):
        print(f"The address {address['outputs']['address']} is gone from the cloud: getting one.")
        _look_again(stack, *[made[kind] for kind in (ADDRESS, ADDRESS_OF_PORT) if kind in made])
    if INSTANCE not in made:
        return False
    server = cloud.server(made[INSTANCE]["id"])
    if server and server.status == "ERROR" and not server.ever_ran:
        print(
            f"The cloud could not make the machine: {server.fault or 'it says no more'}", flush=True
        )
        cloud.delete(server.id)
        server = None
    if server is None:
        print("The machine is gone from the cloud: making one.", flush=True)
        _look_again(stack, *[made[kind] for kind in (INSTANCE, ATTACHMENT) if kind in made])
        return False
    if server.status == "SHUTOFF":
        print("The machine is SHUTOFF: starting it.", flush=True)
        cloud.start(server.id)
        _wait_for_boot(stack)
    elif server.status != "ACTIVE":
        raise UserError(
            f"The machine is {server.status} in the cloud{server.fault and f': {server.fault}'}. "
            f"Bring it back to ACTIVE there, or delete it (openstack server delete {server.id}), and "
            f"run `make up STACK={stack.name}` again: volume and address stay."
        )
    return True


def _check_unknown(
    stack: Stack, cloud: Cloud, host: OpenStackHostSettings, known: set[str | None]
) -> None:
    """Refuses to make a second machine, or an empty volume, beside those of this stack that the state does not know."""
    name = in_cloud(stack.name)
    if servers := cloud.named("server", name) - known:
        raise UserError(
            f"The cloud has a machine {name} ({', '.join(servers)}) that the state of stack {stack.name} does not know: "
            "the state was lost, or is older than the machine. Nothing was touched. Put the right state back "
            '(docs/explanation/state.md), or give the machine up (there, "When the passphrase or the state is lost").'
        )
    if not host.data.volume_id and (volumes := cloud.named("volume", name) - known):
        raise UserError(
            f"The cloud has a volume {name} ({', '.join(volumes)}) that the state of stack {stack.name} does not know, and "
            "members' files may be on it. Nothing was touched. Put the right state back (docs/explanation/state.md), or name that volume "
            "by host.data.volumeId, or rename or delete it there."
        )


def _wait_for_boot(stack: Stack) -> None:
    connection = ssh_connection(stack.settings.host, stack.endpoint)
    if connection:
        with suppress(MachineError):  # what asks it next says why
            SshMachine(connection, answer_s=BOOT_S).connect()


def _check_volume(
    stack: Stack, cloud: Cloud, host: OpenStackHostSettings, volume: dict[str, Any]
) -> None:
    """Refuses what would lose data."""
    if not cloud.has_volume(volume["id"]):
        forget = stack.shell_hint(
            f"pulumi state delete --force '{volume['urn']}' --stack {stack.name}"
        )
        raise UserError(
            f"The data volume {volume['id']} is gone from the cloud, and a new one would be empty. "
            "Nothing was touched. Have it restored from a snapshot or backup, and name that one by "
            f"host.data.volumeId; to start with nothing on purpose: {forget}"
        )
    size, wanted = int(volume["outputs"]["size"]), host.data.size_gb
    if wanted and wanted < size:
        raise UserError(
            f"host.data.sizeGb is {wanted} and the volume has {size}: a volume grows, it cannot "
            f"shrink. Nothing was touched. Write sizeGb: {size}, or more."
        )


def explain(stack: Stack) -> None:
    """Says, after an update that failed, what the cloud knows of the machine."""
    if not isinstance(stack.settings.host, OpenStackHostSettings):
        return
    resources, cloud = stack.resources(), Cloud()
    made = _made(resources)
    server = cloud.server(made[INSTANCE]["id"]) if INSTANCE in made else None
    if server is None:
        return
    if server.status != "ACTIVE":
        print(f"\nThe machine is {server.status}. {server.fault}".rstrip())
        return
    arrived = any(resource["urn"].endswith(f"::{ARRIVED}") for resource in resources)
    if not arrived and (console := cloud.console(server.id)):
        print("\nThe end of what the machine wrote on its console:")
        print("\n".join(f"  | {line}" for line in console.splitlines()))


def kept(stack: Stack) -> list[str]:
    """What of a stack that is down stays in the cloud."""
    if not isinstance(stack.settings.host, OpenStackHostSettings):
        return []
    made = _made(stack.resources())
    volume = [f"volume {made[VOLUME]['id']}"] if VOLUME in made else []
    address = [f"address {made[ADDRESS]['outputs']['address']}"] if ADDRESS in made else []
    return volume + address


def _made(resources: list[dict[str, Any]]) -> Made:
    return {resource["type"]: resource for resource in resources}


def _look_again(stack: Stack, *resources: dict[str, Any]) -> None:
    """Has Pulumi compare its state of them with the cloud."""
    targets = [word for resource in resources for word in ("--target", resource["urn"])]
    stack.query("refresh", "--yes", "--skip-preview", *targets)
