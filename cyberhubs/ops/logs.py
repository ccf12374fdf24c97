"""The last lines of the containers of the hubs and the front door, or of a member's server."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from docker.models.containers import Container

from cyberhubs.errors import UserError
from cyberhubs.names import HUB, ROLE
from cyberhubs.ops.access import hub_named
from cyberhubs.ops.engine import containers_of, engine
from cyberhubs.ops.stack import Stack

LINES = 100
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def logs(stack: Stack, hub: str = "", user: str = "", since: str = "") -> None:
    """All hubs' and the door's, or one hub's, or that of the server which `user` has running there. `since`: "30m", "2h" or
    "1d" before now; left out, the last LINES."""
    begin = _begin(since)
    wanted = hub_named(stack.settings, hub).name if hub or user else None
    with engine(stack.machine) as client:
        found = [
            container
            for container in containers_of(client, stack.name)
            if wanted in (None, container.labels.get(HUB))
            and (_is_of(container, user) if user else container.labels[ROLE] != "user")
        ]
        if user and not found:
            raise UserError(
                f"{user} has no server on hub {wanted} now, and its log went with it. "
                f"How a start failed is in the hub's: make logs HUB={wanted}."
            )
        for container in found:
            lines: Any = {"since": begin} if begin else {"tail": LINES}
            text = container.logs(timestamps=True, **lines).decode(errors="replace")
            for line in text.splitlines():
                print(
                    f"{container.labels.get(HUB, 'front')}/{user or container.labels[ROLE]} | {line}"
                )


def _begin(since: str) -> datetime | None:
    if not since:
        return None
    match = re.fullmatch(r"(\d{1,6})([mhd])", since)
    if not match:
        raise UserError("SINCE is how long ago, such as 30m, 2h or 1d.")
    # Docker takes it without a zone, as UTC.
    return datetime.now(UTC).replace(tzinfo=None) - timedelta(**{_UNITS[match[2]]: int(match[1])})


def _is_of(container: Container, user: str) -> bool:
    return f"JUPYTERHUB_USER={user}" in container.attrs["Config"]["Env"]
