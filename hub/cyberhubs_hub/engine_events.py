"""Learns from Docker's events that a server's container has ended: until the hub knows, a request for its pages
waits, since a container that is gone does not refuse a connection. And that one of its programs was killed for memory."""

import asyncio
import logging
import math
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from docker import APIClient

RETRY_S = 1
LATELY_S = 60

log = logging.getLogger("jupyterhub.spawner")


class Endings:
    """The servers of one hub, by their containers' names, and what to do when one ends."""

    def __init__(self) -> None:
        self._servers: dict[str, Callable[[], Coroutine[Any, Any, Any]]] = {}
        self._killed: dict[str, float] = {}  # when
        self._thread: threading.Thread | None = None

    def watch(
        self,
        name: str,
        ended: Callable[[], Coroutine[Any, Any, Any]],
        client: APIClient,
        labels: Mapping[str, str],
    ) -> None:
        """`labels`: those that all containers of the hub's servers have. Called in the hub's event loop."""
        self._servers[name] = ended
        if not self._thread:
            arguments = (client, labels, asyncio.get_running_loop())
            self._thread = threading.Thread(
                target=self._hear, args=arguments, name="endings", daemon=True
            )
            self._thread.start()

    def forget(self, name: str) -> None:
        self._servers.pop(name, None)
        self._killed.pop(name, None)

    def killed_lately(self, name: str) -> bool:
        """Whether a program of the server was, in the last minute."""
        return time.monotonic() - self._killed.get(name, -math.inf) < LATELY_S

    def _hear(
        self, client: APIClient, labels: Mapping[str, str], loop: asyncio.AbstractEventLoop
    ) -> None:
        label = [f"{key}={value}" for key, value in labels.items()]
        wanted = {"event": ["die", "oom"], "label": label}
        while True:
            try:
                for event in client.events(decode=True, filters=wanted):
                    name = event["Actor"]["Attributes"]["name"]
                    if event["Action"] == "oom":
                        self._killed[name] = time.monotonic()
                    elif ended := self._servers.get(name):
                        asyncio.run_coroutine_threadsafe(ended(), loop)
            except Exception as error:  # docker's, requests' or urllib3's
                log.warning("Docker's events cannot be read, trying again: %s", error)
            time.sleep(RETRY_S)
