"""Mounts of a stack that do not answer: no reason to hold anything up, and said."""

from cyberhubs.machine.mounts import look_at_mounts
from cyberhubs.ops.stack import Stack


def unusable(stack: Stack) -> list[str]:
    """A sentence for each that members cannot use now, after half a minute at most. Raises MachineError where the machine
    cannot be asked."""
    if not stack.settings.mounts:
        return []
    said = stack.machine.run("exec sh -s", stdin=look_at_mounts(stack.settings), limit_s=120)
    return [f"Mount {line}" for line in sorted(said.splitlines())]
