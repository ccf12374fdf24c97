"""A build on an engine, what is seen of it, and what is said of one that fails."""

import re
from collections import deque
from contextlib import suppress
from typing import Any

from cyberhubs_hub.shared.images import left_name
from docker import DockerClient
from docker.errors import DockerException

from cyberhubs.errors import UserError
from cyberhubs.progress import Step

LAST_LINES = 20
LAYER = re.compile(r" ---> ([0-9a-f]{12})")
BUILT = re.compile(r"Successfully built [0-9a-f]{12}")  # pip says so of packages
NOISE = (" ---> ", "Removing intermediate container ")


class BuildError(UserError):
    """Which step failed and why, with the end of what it printed."""


def built(client: DockerClient, name: str, step: Step, **options: Any) -> str:
    """The id ("sha256:…") of the image. `options`: as docker.APIClient.build has them. Raises BuildError, and
    DockerException for an engine that is not there.

    The last layer of each stage, and of what fails or is interrupted, gets a name of Cyberhubs, by which it is found when
    images are removed: a label would be on the last step alone.
    """
    seen = Seen(name, step)
    try:
        # Also after a failed step, which would otherwise leave its container.
        for message in client.api.build(tag=name, rm=True, forcerm=True, decode=True, **options):
            seen.take(message)
    finally:
        for layer in seen.left:
            with suppress(DockerException):
                client.api.tag(layer, left_name(name, layer))
    return str(client.images.get(name).id)


class Seen:
    """What the engine's messages have said of a build so far."""

    def __init__(self, name: str, step: Step) -> None:
        self._name, self._shown = name, step
        self._step = "the start"
        self._lines: deque[str] = deque(maxlen=LAST_LINES)
        self._rest = ""  # of a line: the engine sends what comes
        self._stages: list[str] = []

    @property
    def left(self) -> list[str]:
        """Of each stage that has not become the image, the last layer; none of what they are built on."""
        return [*filter(None, self._stages)]

    @property
    def _of_base(self) -> bool:
        return re.match(r"Step \S+ : FROM ", self._step, re.IGNORECASE) is not None

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
                if self._of_base:
                    self._stages.append("")
            elif (layer := LAYER.fullmatch(line)) and self._stages and not self._of_base:
                self._stages[-1] = layer[1]
            elif BUILT.fullmatch(line):
                del self._stages[-1:]
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
