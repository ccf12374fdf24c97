"""The machine of a stack, local or by ssh: all that the program does on it goes through here."""

import shlex

from cyberhubs.machine.endpoint import Endpoint, ssh_connection
from cyberhubs.machine.local import LocalMachine
from cyberhubs.machine.machine import NEARLY_FULL, Machine, MachineError
from cyberhubs.machine.ssh import BOOT_S, Facts, SshMachine
from cyberhubs.processes import python_module
from cyberhubs.settings.host import HostSettings, LocalHostSettings

__all__ = [
    "BOOT_S",
    "NEARLY_FULL",
    "Endpoint",
    "Facts",
    "LocalMachine",
    "Machine",
    "MachineError",
    "SshMachine",
    "interpreter",
    "machine_of",
]


def machine_of(stack: str, host: HostSettings, endpoint: Endpoint | None = None) -> Machine:
    """The machine that carries a stack. Raises MachineError for one of a cloud without an `endpoint`: it is
    yet to be made."""
    if isinstance(host, LocalHostSettings):
        return LocalMachine()
    connection = ssh_connection(host, endpoint)
    if connection is None:
        raise MachineError(
            f"The machine of stack {stack} is yet to be made: `make up STACK={stack}`."
        )
    return SshMachine(connection)


def interpreter(stack: str, host: HostSettings, *, engine: bool = False) -> list[str]:
    """The command that, followed by a script's text, runs it on a stack's machine as root (on the control
    machine itself: as this user), with stdin and output passed on. `engine`: it runs the script on the
    control machine, and DOCKER_HOST is the address of the machine's engine."""
    if isinstance(host, LocalHostSettings) and not engine:
        return LocalMachine.interpreter
    words = shlex.split(python_module("cyberhubs.machine", "--stack", stack))
    return [*words, "--engine"] if engine else words
