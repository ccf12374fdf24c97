"""Building an image from a directory: the engine's classic builder, watched step by step."""

import re
import time
from collections import deque
from pathlib import Path
from typing import Any

from offline.plugins.docker.engine import Engine
from offline.plugins.inputs import Input, MapOf, known
from offline.plugins.resource import Call, ProviderError, Values

LAST_LINES = 20
STATUS_EVERY_S = 0.5
NOISE = (" ---> ", "Removing intermediate container ")


def _legacy_rule(wanted: bool) -> str | None:
    return None if wanted else "must be true: this plugin builds with the classic builder"


BUILD = {
    "context": Input(str, required=True),
    "dockerfile": Input(str, default="Dockerfile"),
    "buildArgs": Input(MapOf(str)),
    "label": Input(MapOf(str)),
    "labels": Input(MapOf(str)),
    "tags": Input([str]),
    "target": Input(str),
    "noCache": Input(bool),
    "pullParent": Input(bool),
    "remove": Input(bool, default=True),
    "forceRemove": Input(bool),
    "networkMode": Input(str),
    "extraHosts": Input([str]),
    "platform": Input(str),
    "useLegacyBuilder": Input(bool, rule=_legacy_rule),
}


def context_problem(options: Any) -> dict[str, str]:
    """What is wrong with the context, as far as it is known and here."""
    if not isinstance(options, dict) or not known(options["context"]):
        return {}
    context = Path(options["context"]).expanduser()
    if not context.is_dir():
        return {"build.context": f"'build.context' is {context}, which is not a directory"}
    dockerfile = options["dockerfile"]
    if known(dockerfile) and not (context / dockerfile).is_file():
        return {"build.dockerfile": f"'build.dockerfile' is {dockerfile}, not a file in {context}"}
    return {}


def build(engine: Engine, call: Call, name: str, options: Values) -> Values:
    """Build and tag; answers the engine's description of the image."""
    with engine.errors(f"build image {name}"):
        stream = engine.client.build(
            path=str(Path(options["context"]).expanduser()),  # honours its .dockerignore
            dockerfile=options["dockerfile"],
            tag=name,
            buildargs=options.get("buildArgs"),
            labels=options.get("label", {}) | options.get("labels", {}),
            target=options.get("target"),
            nocache=options.get("noCache", False),
            pull=options.get("pullParent", False),
            rm=options["remove"],
            forcerm=options.get("forceRemove", False),
            network_mode=options.get("networkMode"),
            extra_hosts=dict(item.split(":", 1) for item in options.get("extraHosts", [])) or None,
            platform=options.get("platform"),
            decode=True,
        )
        progress = Progress(engine, call, name)
        for message in stream:
            progress.take(message)
        image = engine.client.inspect_image(progress.image_id or name)
        for tag in options.get("tags", []):
            engine.client.tag(image["Id"], tag)
    call.log(f"built {image['Id'][:19]}", ephemeral=True)
    return image


class Progress:
    """The state of one build by the engine's messages."""

    def __init__(self, engine: Engine, call: Call, name: str) -> None:
        self.image_id = ""
        self._engine, self._call, self._name = engine, call, name
        self._step = "start"
        self._lines: deque[str] = deque(maxlen=LAST_LINES)
        self._shown = 0.0

    def take(self, message: dict[str, Any]) -> None:
        if self._call.cancelled.is_set():
            raise ProviderError(
                f"building {self._name} was stopped; the next run goes on from there"
            )
        if "error" in message:
            raise ProviderError(self._failure(message["error"]))
        self.image_id = message.get("aux", {}).get("ID", self.image_id)
        for line in message.get("stream", "").splitlines():
            line = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", line).rstrip()
            if line and not line.startswith(NOISE):
                self._line(line)
        if "status" in message:  # pulling the base image
            self._show(f"{message['status']} {message.get('id', '')}")

    def _line(self, line: str) -> None:
        if re.match(r"Step \d+/\d+ : ", line):
            self._step = line
            self._lines.clear()
            self._show(line, always=True)
        else:
            self._lines.append(line)
            self._show(f"{self._step.split(' : ')[0]}: {line}")

    def _show(self, text: str, always: bool = False) -> None:
        now = time.monotonic()
        if always or now - self._shown > STATUS_EVERY_S:
            self._shown = now
            self._call.log(text, ephemeral=True)

    def _failure(self, error: str) -> str:
        output = "\n".join(f"  {line}" for line in self._lines)
        full = [text for text in (error, *self._lines) if "no space left on device" in text.lower()]
        reason = self._engine.explain(full[0] if full else error)
        said = f"; its output ended with:\n{output}" if output else ""
        return f"building image {self._name} failed at {self._step}: {reason}{said}"
