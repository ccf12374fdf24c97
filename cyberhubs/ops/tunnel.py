"""The front door of another machine, brought to this one."""

from cyberhubs.errors import UserError
from cyberhubs.machine import SshMachine
from cyberhubs.ops.stack import Stack


def tunnel(stack: Stack) -> None:
    """Brings the front door from the machine's loopback to this machine's until Ctrl-C."""
    settings, machine = stack.settings, stack.machine
    if not isinstance(machine, SshMachine) or not settings.on_loopback:
        raise UserError(f"No tunnel is needed: open {settings.url}.")
    with machine.port(settings.tls.port) as process:
        print(f"{settings.url} is the machine's until you press Ctrl-C.", flush=True)
        process.wait()
        raise UserError("The tunnel ended: see that the machine is still up.")
