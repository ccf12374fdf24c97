"""A virtual machine in an OpenStack cloud, as host: what the cloud has, compared with the stack's state, which knows
only what Pulumi did."""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress

from cyberhubs.cloud import Cloud
from cyberhubs.errors import UserError
from cyberhubs.machine import BOOT_S, MachineError, SshMachine
from cyberhubs.names import in_cloud, key_pair
from cyberhubs.ops.preflight.ssh import SshPreflight
from cyberhubs.ops.stack import Resource, Stack, name_of
from cyberhubs.pulumi_env import NO_CLOUD
from cyberhubs.resource_types import (
    ADDRESS,
    ADDRESS_OF_PORT,
    ATTACHMENT,
    INSTANCE,
    KEY_PAIR,
    VOLUME,
)
from cyberhubs.settings.host import OpenStackHostSettings

LOOKED_UP = ("image", "flavor")  # of a new machine; by name, when that changes in the stack file
FIRST_SCRIPT = "host-arrived"  # on a machine


class OpenStackPreflight(SshPreflight):
    def __init__(self, stack: Stack, host: OpenStackHostSettings) -> None:
        super().__init__(stack)
        self.host = host

    def prepare(self) -> bool:
        if not self._machine_runs():
            return False
        try:
            return super().prepare()
        except MachineError as error:  # it may be about to be replaced
            print(error, file=sys.stderr)
            return False

    def check_reachable(self) -> None:
        Cloud().check_credentials()  # what is on the machine goes with it

    def preview_environment(self) -> Mapping[str, str]:
        given = os.environ.keys() & {"OS_CLOUD", "OS_AUTH_URL"}
        return {} if given else NO_CLOUD

    def explain_failure(self) -> str:
        cloud, made = Cloud(), self._made()
        server = cloud.server(made[INSTANCE]["id"]) if INSTANCE in made else None
        if server is None:
            return ""
        if server.status != "ACTIVE":
            return f"\nThe machine is {server.status}. {server.fault}".rstrip()
        arrived = any(name_of(resource) == FIRST_SCRIPT for resource in self.stack.resources)
        if arrived or not (console := cloud.console(server.id)):
            return ""
        lines = "\n".join(f"  | {line}" for line in console.splitlines())
        return f"\nThe end of what the machine wrote on its console:\n{lines}"

    def kept(self) -> str:
        stack, made = self.stack, self._made()
        kept = [f"volume {made[VOLUME]['id']}"] if VOLUME in made else []
        kept += [f"address {made[ADDRESS]['outputs']['address']}"] if ADDRESS in made else []
        if not kept:
            return "Nothing that it made is left in the cloud."
        unprotect = f"pulumi state unprotect --all --yes --stack {stack.name}"
        return (
            f"{super().kept()}\nThey are in the cloud, with their cost: {' and '.join(kept)}.\n"
            "To delete that for good, members' files too:\n"
            f"  {stack.shell_hint(f'{unprotect} && make down STACK={stack.name}')}"
        )

    def refuse_full_disk(self, full: str) -> None:
        print(full)  # this very update may make the volume larger

    def _made(self) -> dict[str, Resource]:
        """What the state holds, by type."""
        return {resource["type"]: resource for resource in self.stack.resources}

    def _machine_runs(self) -> bool:
        """Whether the stack's machine is there and runs, so that it can be asked.

        Before anything is touched, what the state holds is looked for in the cloud: a machine that is
        gone is told to Pulumi, which then makes one, and one that is stopped is started. Raises UserError
        where that would lose anything, and CloudError where the cloud cannot be asked.
        """
        stack, cloud, made = self.stack, Cloud(), self._made()
        cloud.check_credentials()
        self._check_unknown(cloud)
        if VOLUME in made:
            self._check_volume(cloud, made[VOLUME])
        if (address := made.get(ADDRESS)) and not cloud.has_address(address["id"]):
            print(
                f"The address {address['outputs']['address']} is gone from the cloud: getting one."
            )
            stack.refresh(made[kind] for kind in (ADDRESS, ADDRESS_OF_PORT) if kind in made)
        if KEY_PAIR not in made and cloud.forget_key_pair(
            name := key_pair(stack.name, self.host.ssh.public_key)
        ):
            print(f"Removed the key pair {name}, which the stack's state does not know.")
        if INSTANCE not in made:
            self._look_up(cloud)
            return False
        server = cloud.server(made[INSTANCE]["id"])
        if server and server.status == "ERROR" and not server.ever_ran:
            print(f"The cloud could not make the machine: {server.fault or 'it says no more'}")
            cloud.delete(server.id)
            server = None
        if server is None:
            print("The machine is gone from the cloud: making one.")
            stack.refresh(made[kind] for kind in (INSTANCE, ATTACHMENT) if kind in made)
            self._look_up(cloud)
            return False
        if server.status == "SHUTOFF":
            print("The machine is SHUTOFF: starting it.")
            cloud.start(server.id)
            self._wait_for_boot()
        elif server.status != "ACTIVE":
            raise UserError(
                f"The machine is {server.status} in the cloud{server.fault and f': {server.fault}'}. "
                f"Bring it back to ACTIVE there, or delete it (openstack server delete {server.id}), and "
                f"run `make up STACK={stack.name}` again: volume and address stay."
            )
        return stack.ssh is not None  # its address may be yet to come

    def _look_up(self, cloud: Cloud) -> None:
        """What a new machine is made of, by its name again where the cloud has published another of that name."""
        if id := self.host.image.id:
            cloud.find("image", id)  # or says which there are
        for kind in LOOKED_UP:
            for found in self.stack.resources:
                if name_of(found) != f"host-server-{kind}" or "outputs" not in found:
                    continue
                if not cloud.has(kind, found["outputs"]["stdout"]):
                    print(
                        f"The {kind} of the machine before is gone from the cloud: taking the one of its name."
                    )
                    self.options += ["--replace", found["urn"]]

    def _check_unknown(self, cloud: Cloud) -> None:
        """Refuses to make a second machine, or an empty volume, beside those of this stack that the state does not know."""
        stack = self.stack
        name, known = in_cloud(stack.name), {resource.get("id") for resource in stack.resources}
        if servers := cloud.named("server", name) - known:
            raise UserError(
                f"The cloud has a machine {name} ({', '.join(servers)}) that the state of stack {stack.name} does not know: "
                "the state was lost, or is older than the machine. Nothing was touched. Put the right state back "
                '(docs/explanation/state.md), or give the machine up (there, "When the passphrase or the state is lost").'
            )
        if not self.host.data.volume_id and (volumes := cloud.named("volume", name) - known):
            raise UserError(
                f"The cloud has a volume {name} ({', '.join(volumes)}) that the state of stack {stack.name} does not know, and "
                "members' files may be on it. Nothing was touched. Put the right state back (docs/explanation/state.md), or name that volume "
                "by host.data.volumeId, or rename or delete it there."
            )

    def _wait_for_boot(self) -> None:
        if machine := self.stack.ssh:
            with suppress(MachineError):  # what asks it next says why
                SshMachine(machine.connection, answer_s=BOOT_S).connect()

    def _check_volume(self, cloud: Cloud, volume: Resource) -> None:
        """Refuses what would lose data."""
        stack = self.stack
        if not cloud.has_volume(volume["id"]):
            forget = stack.shell_hint(
                f"pulumi state delete --force '{volume['urn']}' --stack {stack.name}"
            )
            raise UserError(
                f"The data volume {volume['id']} is gone from the cloud, and a new one would be empty. "
                "Nothing was touched. Have it restored from a snapshot or backup, and name that one by "
                f"host.data.volumeId; to start with nothing on purpose: {forget}"
            )
        size, wanted = int(volume["outputs"]["size"]), self.host.data.size_gb
        if wanted and wanted < size:
            raise UserError(
                f"host.data.sizeGb is {wanted} and the volume has {size}: a volume grows, it cannot "
                f"shrink. Nothing was touched. Write sizeGb: {size}, or more."
            )
