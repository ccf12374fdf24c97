"""`python -m cyberhubs.build NAME DOCKERFILE`: builds an image of this checkout, or of another folder, on the engine of
DOCKER_HOST.

The build arguments come by stdin, as JSON. The image's id goes to stdout, what is seen of the build to
stderr. An image that has this name already is not built again.

The engine's own builder: every engine has it, and it makes the same image whichever Pulumi plugin is used.
"""

import argparse
import json
import re
import sys
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docker import DockerClient
from docker.errors import ImageNotFound

from cyberhubs.errors import UserError
from cyberhubs.on_engine import print_id
from cyberhubs.paths import CHECKOUT
from cyberhubs.progress import Report, Step

LAST_LINES = 20
NOISE = (" ---> ", "Removing intermediate container ")


class BuildError(UserError):
    """Which step failed and why, with the end of what it printed."""


def build(
    client: DockerClient,
    name: str,
    context: Path,
    dockerfile: str,
    arguments: Mapping[str, str],
    step: Step,
) -> str:
    """The id ("sha256:…") of the image that `dockerfile`, a path in `context`, makes of it.

    Raises BuildError, and DockerException for an engine that is not there.
    """
    messages = client.api.build(
        path=str(context),  # without what .dockerignore names
        dockerfile=dockerfile,
        tag=name,
        buildargs=dict(arguments),
        rm=True,
        forcerm=True,  # also after a failed step, which would otherwise leave its container
        decode=True,
    )
    seen = _Seen(name, step)
    for message in messages:
        seen.take(message)
    return str(client.images.get(name).id)


class _Seen:
    """What the engine's messages have said of a build so far."""

    def __init__(self, name: str, step: Step) -> None:
        self._name, self._shown = name, step
        self._step = "the start"
        self._lines: deque[str] = deque(maxlen=LAST_LINES)

    def take(self, message: dict[str, Any]) -> None:
        if "error" in message:
            raise BuildError(self._failure(message["error"]))
        for line in message.get("stream", "").splitlines():
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
            "Make room on the engine's disk, for example by `docker system prune`"
            if full
            else "Fix that"
        )
        return f"Building image {self._name} failed at {self._step}: {error.strip()}\n{said}{remedy}, then run the same command again."


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="cyberhubs.build",
        description="Builds an image; its build arguments come by stdin, as JSON.",
    )
    parser.add_argument("name", help="what it is called on the engine, with a tag")
    parser.add_argument("dockerfile", help="a path in the context")
    parser.add_argument(
        "--context",
        type=Path,
        default=CHECKOUT,
        help="the folder that is sent (default: the checkout)",
    )
    asked = parser.parse_args()
    arguments = json.load(sys.stdin)

    def image_id() -> str:
        client = DockerClient.from_env()
        try:
            return str(client.images.get(asked.name).id)
        except ImageNotFound:
            with Report().step(f"image {asked.name}: building") as step:
                return build(client, asked.name, asked.context, asked.dockerfile, arguments, step)

    return print_id(image_id)


if __name__ == "__main__":
    sys.exit(main())
