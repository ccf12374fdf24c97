"""A build on an engine, what is seen of it, and what is said of one that fails."""

import re
from collections import deque
from collections.abc import Iterator
from typing import Any

from docker import DockerClient

from cyberhubs.errors import UserError
from cyberhubs.progress import Step

LAST_LINES = 20
NOISE = (" ---> ", "Removing intermediate container ")


class BuildError(UserError):
    """Which step failed and why, with the end of what it printed."""


def started(client: DockerClient, **options: Any) -> Iterator[dict[str, Any]]:
    """The engine's messages of a build. `options`: as docker.APIClient.build has them."""
    # Also after a failed step, which would otherwise leave its container.
    return client.api.build(rm=True, forcerm=True, decode=True, **options)


class Seen:
    """What the engine's messages have said of a build so far."""

    def __init__(self, name: str, step: Step) -> None:
        self._name, self._shown = name, step
        self._step = "the start"
        self._lines: deque[str] = deque(maxlen=LAST_LINES)
        self._rest = ""  # of a line: the engine sends what comes

    def take(self, message: dict[str, Any]) -> None:
        if "error" in message:
            self.take({"stream": "\n"})
            raise BuildError(self._failure(message["error"]))
        *lines, self._rest = re.split(r"[\r\n]", self._rest + message.get("stream", ""))
        for line in lines:
            line = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", line).rstrip()
            if re.match(r"Step \d+/\d+ : ", line):
                self._step = line
                self._lines.clear()
                self._shown.show(line)
            elif line and not line.startswith(NOISE):
                self._lines.append(line)
                self._shown.show(f"{self._step.split(' : ')[0]}: {line}")
        if "status" in message:  # the base image is pulled
            self._shown.show(f"{message['status']} {message.get('id', '')}")

    def _failure(self, error: str) -> str:
        output = "\n".join(f"  {line}" for line in self._lines)
        said = f"Its output ended with:\n{output}\n" if output else ""
        full = "no space left on device" in f"{error}\n{output}".lower()
        remedy = (
            "Make room on the engine's disk, for example by `make prune`" if full else "Fix that"
        )
        return f"Building image {self._name} failed at {self._step}: {error.strip()}\n{said}{remedy}, then run the same command again."
