"""What a plugin writes: a class for each resource type, which sees plain Python values only."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from offline.plugins.inputs import Changes, Table

Values = dict[str, Any]
Log = Callable[..., None]


class ProviderError(Exception):
    """A failure in one sentence for the operator: what is wrong and what to do next."""


@dataclass(frozen=True)
class Call:
    """One operation on one resource.

    timeout: seconds, 0 for the default. secrets: names of inputs that hold a secret. log: shows a
    message beside the resource (`log("text", severity="WARNING", ephemeral=True)`); an ephemeral
    one is a passing status. cancelled: set when the operator stops the update.
    """

    urn: str
    log: Log
    timeout: float = 0
    secrets: frozenset[str] = frozenset()
    cancelled: threading.Event = field(default_factory=threading.Event)


class Resource:
    """One resource type. create, read, update and delete may be plain (run in a thread) or async.

    inputs: the table. outputs: what else the state holds, unknown in the preview of a create.
    volatile: outputs that an update may change.
    """

    inputs: ClassVar[Table] = {}
    outputs: frozenset[str] = frozenset()
    volatile: frozenset[str] = frozenset()

    def changes(self, state: Values, inputs: Values) -> Changes:
        """Differences beyond the table's, by property path. Inputs may be UNKNOWN."""
        return {}

    def create(self, call: Call, inputs: Values) -> Any:
        """Make it; answers (id, outputs)."""
        raise NotImplementedError

    def read(self, call: Call, id: str, state: Values) -> Any:
        """What is really there: outputs and inputs found, or None where it is gone."""
        return {}

    def update(self, call: Call, id: str, state: Values, inputs: Values) -> Any:
        """Change it in place; answers outputs."""
        raise NotImplementedError

    def delete(self, call: Call, id: str, state: Values) -> Any:
        """Remove it; that it is gone already is no error."""
