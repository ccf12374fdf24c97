"""Why a member's server ended, where that is known: for the page from which it is started again; or a program in it. And
what its next start leaves out, where it did not come up: a member's own extension or settings must not lock them out."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from jupyterhub.handlers import BaseHandler
from requests.exceptions import RequestException
from tornado import web

from cyberhubs_hub.engine_events import Endings
from cyberhubs_hub.failures import StartFailure
from cyberhubs_hub.shared.access_rules import is_trial

LOG_LINES = 20
KILLED = 128 + 9  # exit status of what was killed
COMES_UP = timedelta(minutes=1)  # an extension may end its server just after the first answer
OF_ITSELF = ("exit", "oom", "timeout")  # reasons of a start that failed in the container
# JupyterLab shows 140 characters.
NEXT = "Started again, it does without your own extensions and Jupyter settings."
LEFT_OUT = (
    "The last start failed: your own extensions and Jupyter settings are left out of this one. Remove what is wrong, then stop "
    "and start it."
)


class Ended:
    """Of a spawner, which the hub forgets with its server."""

    _why: ClassVar[dict[str, str]] = {}  # by the names of members
    _not_up: ClassVar[set[str]] = set()  # members whose last start was of no use

    disable_user_config: Any  # JupyterHub's: no settings and no extensions of the home
    endings: ClassVar[Endings] = Endings()

    user: Any
    object_name: Any
    object_id: Any
    docker: Any
    hub_config: ClassVar[Any]

    @property
    def why_ended(self) -> str:
        """A sentence; empty where nobody knows, or it has been started since."""
        return self._why.get(self.user.name, "")

    @property
    def why_killed(self) -> str:
        """Of a program in it, just now. JupyterLab shows 140 characters."""
        if not self.endings.killed_lately(str(self.object_name)):
            return ""
        return (
            f"The kernel was killed: this server's memory, {self._memory} for all that runs in it, was used up. Shut down others, "
            "or work on less."
        )

    def starts(self) -> None:
        self._why.pop(self.user.name, None)
        name = self.user.name  # that of a trial has a new home each time
        self.disable_user_config = name in self._not_up and not is_trial(name)
        self._not_up.discard(name)

    def did_not_start(self, failure: StartFailure) -> None:
        if failure.reason in OF_ITSELF:
            self._not_up.add(self.user.name)

    @property
    def left_out(self) -> str:
        """What the page is to say of that; empty if nothing is."""
        return LEFT_OUT if self.disable_user_config else ""

    def ended(self, state: Mapping[str, Any]) -> None:
        """`state`: of its container, as Docker inspects it."""
        if state.get("ExitCode") and not state.get("OOMKilled") and _ran(state) < COMES_UP:
            self._not_up.add(self.user.name)
            self._why[self.user.name] = f"It failed within a minute of its start. {NEXT}"
        if state.get("OOMKilled") and state.get("ExitCode") == KILLED:
            self._why[self.user.name] = (
                f"It was killed: its memory, {self._memory} for all that runs in it, was used up. "
                "What was in notebooks' variables is lost, your files are not."
            )

    def why_not_started(self, state: Mapping[str, Any], status: int | str) -> StartFailure:
        """The same of one that ended before it answered."""
        if state.get("OOMKilled"):
            return StartFailure(
                "oom", f"Your server needed more than its {self._memory} of memory to start."
            )
        tell = "Tell" if self.left_out else f"{NEXT} If it stops all the same, tell"
        return StartFailure(
            "exit",
            f"Your server stopped while it was starting. {tell} the hub's operator: the reason is in the hub's log.",
            str(status),
        )

    async def end_of_log(self) -> str:
        """The last lines of a server that did not start, for the hub's log."""
        if not self.object_id:
            return ""
        try:
            log = await self.docker("logs", self.object_id, tail=LOG_LINES)
        except RequestException as error:
            return f"\nIts log cannot be read: {error}"
        return f"\nThe end of its log:\n{log.decode(errors='replace').rstrip()}"

    @property
    def _memory(self) -> str:
        return f"{self.hub_config.limits.memory_bytes / 2**30:.3g} GB"


def _ran(state: Mapping[str, Any]) -> timedelta:
    began, ended = (datetime.fromisoformat(state[at]) for at in ("StartedAt", "FinishedAt"))
    return ended - began


class KilledHandler(BaseHandler):
    """Asked by a member's page when a kernel has ended by itself (notices.js)."""

    def get(self) -> None:
        user: Any = self.current_user
        if not user:
            raise web.HTTPError(403)
        self.write({"says": user.spawner.why_killed})
