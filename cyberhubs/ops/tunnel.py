"""The front door of another machine, brought to this one."""

from cyberhubs.errors import UserError
from cyberhubs.ops.stack import Stack


def tunnel(stack: Stack) -> None:
    """From the machine's loopback to this machine's, until Ctrl-C."""
    settings = stack.settings
    if stack.door_address:
        raise UserError(f"No tunnel is needed: open {settings.url}.")
    if (machine := stack.ssh) is None:
        raise UserError(f"The machine is yet to be made: `make up STACK={stack.name}`.")
    with machine.port(settings.tls.port) as process:
        print(f"{settings.url} is the machine's until you press Ctrl-C.")
        process.wait()
        raise UserError("The tunnel ended: see that the machine is still up.")
