"""A machine, here or by ssh: the one door to any of them."""

from cyberhubs.machine.local import LocalMachine
from cyberhubs.machine.machine import Machine, MachineError
from cyberhubs.machine.ssh import BOOT_S, Facts, SshMachine
from cyberhubs.settings import Settings
from cyberhubs.settings.host import LocalHost

__all__ = [
    "ADDRESS",
    "BOOT_S",
    "HOST_KEY",
    "Facts",
    "LocalMachine",
    "Machine",
    "MachineError",
    "SshMachine",
    "interpreter",
    "machine_of",
]

# Where a machine of the cloud is, in the environment of what runs a script there.
ADDRESS, HOST_KEY = "CYBERHUBS_ADDRESS", "CYBERHUBS_HOST_KEY"


def machine_of(settings: Settings) -> Machine:
    """The machine that carries a stack. Raises MachineError for one that is yet to be made."""
    if isinstance(settings.host, LocalHost):
        return LocalMachine()
    if settings.login is None:
        raise MachineError(
            f"The machine of stack {settings.stack} is yet to be made: `make up "
            f"STACK={settings.stack}`."
        )
    return SshMachine(settings.login)


def interpreter(settings: Settings, *, engine: bool = False) -> list[str]:
    """The command that, followed by a script's text, runs it on a stack's machine as root (on this
    one: as this user), with stdin and output passed on; for its `engine`: here, with the way there."""
    if isinstance(settings.host, LocalHost) and not engine:
        return LocalMachine.interpreter
    way = [".venv/bin/python", "-m", "cyberhubs.machine", "--stack", settings.stack]
    return [*way, "--engine"] if engine else way
