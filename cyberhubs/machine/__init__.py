"""A machine, here or by ssh: the one door to any of them."""

from cyberhubs.machine.local import LocalMachine
from cyberhubs.machine.machine import Machine, MachineError
from cyberhubs.machine.ssh import Facts, SshMachine
from cyberhubs.settings import Settings
from cyberhubs.settings.host import SshHost

__all__ = ["Facts", "LocalMachine", "Machine", "MachineError", "SshMachine", "machine_of"]


def machine_of(settings: Settings) -> Machine:
    """The machine that carries a stack."""
    if isinstance(settings.host, SshHost):
        return SshMachine(settings.host.ssh, settings.stack)
    return LocalMachine()
