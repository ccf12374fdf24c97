"""What an update would do to each resource, told from two records of what a stack would create."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from cyberhubs.changes.resource import Resource
from cyberhubs.resource_types import COMMAND

# Inputs of a command with which what it prints changes. (Its script's digest changes with every edit of ours.)
_WHAT_IT_RUNS = {"create", "stdin", "triggers"}

Operation = Literal["create", "update", "replace", "delete"]
OPERATIONS: tuple[Operation, ...] = get_args(Operation)


@dataclass(frozen=True)
class Change:
    """`keys`: the inputs that differ, or are made of what differs, of an update or replacement."""

    operation: Operation
    resource: Resource
    before: Resource | None = None
    keys: frozenset[str] = frozenset()

    @property
    def gone(self) -> bool:
        """Whether what is there now would be deleted, be it for another one."""
        return self.operation in ("replace", "delete")


def differences(before: Sequence[Resource], after: Sequence[Resource]) -> list[Change]:
    """As the engine would do it from a state that is as `before` says: what a resource is made anew for, it says itself,
    and what is made of another's outputs changes with that one. `after`: each after those it uses."""
    known = {resource.urn: resource for resource in before}
    changes = []
    moved: set[str] = set()  # those whose outputs are others
    for resource in after:
        old = known.pop(resource.urn, None)
        if old is None:
            changes.append(Change("create", resource))
            moved.add(resource.urn)
            continue
        keys = frozenset(
            key
            for key in {*old.inputs, *resource.inputs} - {"__internal", "version"}
            if old.inputs.get(key) != resource.inputs.get(key)
            or old.uses.get(key, frozenset()) != resource.uses.get(key, frozenset())
            or moved & resource.uses.get(key, frozenset())
        )
        if keys & resource.replaces:
            changes.append(Change("replace", resource, old, keys))
            moved.add(resource.urn)
        elif keys or old.protect != resource.protect:
            changes.append(Change("update", resource, old, keys))
            if resource.type == COMMAND and keys & _WHAT_IT_RUNS:
                moved.add(resource.urn)
    changes += [Change("delete", old, old) for old in known.values()]
    return changes
