"""What is no longer as it was made."""

from cyberhubs.errors import UserError
from cyberhubs.ops import drift
from cyberhubs.ops.engine import engine
from cyberhubs.ops.stack import Stack


def check(stack: Stack) -> None:
    """Says what is no longer as it was made, on the machine and of the stack; raises UserError if anything is."""
    resources = drift.resources_of(stack)
    found = drift.of_machine(stack, resources)
    _show(found)
    with engine(stack.machine) as client:
        containers = drift.of_containers(client, resources)
    _show(containers)
    if found or containers:
        raise UserError(f"`make up STACK={stack.name}` puts that right.")
    print("All is as it was made.")


def _show(found: drift.Differences) -> None:
    for line in drift.lines(found):
        print(line, flush=True)
