"""A server that exists, as host."""

from collections.abc import Mapping

from cyberhubs.errors import UserError
from cyberhubs.machine import Facts, MachineError
from cyberhubs.ops.preflight.base import Preflight
from cyberhubs.ops.stack import Resource


class SshPreflight(Preflight):
    facts: Facts | None = None  # of a machine that has answered

    def prepare(self) -> bool:
        machine = self.stack.ssh
        assert machine
        self.facts = machine.facts()
        print(f"The machine at {machine.address} is there: {self.facts.distribution}.")
        self.check_quotas()
        return self.facts.docker

    def holds(self, commands: Mapping[str, Resource]) -> bool:
        if not self.facts or "host-ready" not in commands:
            return False
        if self.facts.id != commands["host-found"]["outputs"]["stdout"]:
            print("This is another machine than the one before. Setting it up.")
            return False
        return True

    def check_reachable(self) -> None:
        assert self.stack.ssh
        try:
            self.stack.ssh.connect()
        except MachineError as error:
            forget = f"pulumi stack rm --force --preserve-config {self.stack.name}"
            raise UserError(
                f"{error}\nIf the machine is gone for good, forget it by: {self.stack.shell_hint(forget)}"
            ) from None
