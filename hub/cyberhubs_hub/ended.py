"""Why a member's server ended, where that is known: for the page from which it is started again."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cyberhubs_hub.failures import StartFailure

KILLED = 128 + 9  # exit status of what was killed


class Ended:
    """Of a spawner, which the hub forgets with its server."""

    _why: ClassVar[dict[str, str]] = {}  # by the names of members

    user: Any
    hub_config: ClassVar[Any]

    @property
    def why_ended(self) -> str:
        """A sentence; empty where nobody knows, or it has been started since."""
        return self._why.get(self.user.name, "")

    def starts(self) -> None:
        self._why.pop(self.user.name, None)

    def ended(self, state: Mapping[str, Any]) -> None:
        """`state`: of its container, as Docker inspects it."""
        if state.get("OOMKilled") and state.get("ExitCode") == KILLED:
            self._why[self.user.name] = (
                f"It was killed: its memory, {self._memory} for all that runs in it, was used up. "
                "What was in notebooks' variables is lost, your files are not."
            )

    def why_not_started(self, state: Mapping[str, Any], status: int | str) -> StartFailure:
        """The same of one that ended before it answered."""
        if state.get("OOMKilled"):
            return StartFailure(
                "memory", f"Your server needed more than its {self._memory} of memory to start."
            )
        return StartFailure(
            "exit",
            "Your server stopped while it was starting. Tell the hub's operator: the reason is in "
            "the hub's log.",
            str(status),
        )

    @property
    def _memory(self) -> str:
        return f"{self.hub_config.limits.memory_bytes / 2**30:.3g} GB"
