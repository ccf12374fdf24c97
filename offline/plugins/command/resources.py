"""The resource types of the plugin."""

import asyncio
import json
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from offline.plugins.command import local
from offline.plugins.command.output import SHOWN, Output
from offline.plugins.inputs import ANY, Input, MapOf, Table
from offline.plugins.resource import Call, ProviderError, Resource, Values

SHORTEST_SECRET = 3  # characters; hiding shorter ones would blot out half of every message
LONGEST_COMMAND = 300  # characters of a command that an error repeats


def _logging(value: str) -> str | None:
    return None if value in SHOWN else f"must be one of {', '.join(SHOWN)}"


COMMAND: Table = {
    "triggers": Input([ANY], replace=True),
    "create": Input(),
    "update": Input(),
    "delete": Input(),
    "stdin": Input(),
    "environment": Input(MapOf(str)),
    "logging": Input(rule=_logging),
    "addPreviousOutputInEnv": Input(bool, default=True),
    "interpreter": Input([str]),
    "dir": Input(),
}

OUTPUTS = {"stdout": str, "stderr": str}


class LocalCommand(Resource):
    inputs = COMMAND
    outputs = OUTPUTS
    volatile = frozenset(OUTPUTS)

    async def create(self, call: Call, inputs: Values) -> Any:
        outputs = await self._run(call, inputs.get("create"), inputs, {})
        return unique(call), outputs

    async def update(self, call: Call, id: str, state: Values, inputs: Values) -> Any:
        command = inputs.get("update", inputs.get("create"))
        return await self._run(call, command, inputs, state)

    async def delete(self, call: Call, id: str, state: Values) -> None:
        await self._run(call, state.get("delete"), state, state)

    async def _run(self, call: Call, command: str | None, inputs: Values, last: Values) -> Values:
        """Run it; last: the state whose outputs it may want to know."""
        if command is None:
            return {name: last.get(name, "") for name in self.outputs}
        shown = SHOWN[inputs.get("logging", "stdoutAndStderr")]
        previous = {
            f"PULUMI_COMMAND_{name.upper()}": last[name]
            for name in self.outputs
            if inputs.get("addPreviousOutputInEnv", True) and last.get(name)
        }
        hidden = secret_texts(inputs, call.secrets)
        async with Output(call.log, shown, hidden) as output:
            try:
                async with asyncio.timeout(call.timeout or None):
                    wrong = await local.run(
                        [*(inputs.get("interpreter") or ["/bin/sh", "-c"]), command],
                        inputs.get("dir"),
                        {**inputs.get("environment", {}), **previous},
                        inputs.get("stdin"),
                        output,
                    )
            except TimeoutError:
                wrong = _late(call)
        if wrong:
            text = "[secret]" if command in hidden else _quoted(command)
            raise ProviderError(f"{wrong}: running {text}:\n{output.end()}")
        return {"stdout": output.text("stdout"), "stderr": output.text("stderr")}


def secret_texts(inputs: Values, names: frozenset[str]) -> set[str]:
    """The texts, and the longer lines of them, that no message may show."""
    texts: set[str] = set()
    for name in names:
        for text in _texts(inputs.get(name)):
            lines = {line.strip() for line in text.splitlines() if len(line.strip()) >= 8}
            texts |= lines | {text, text.strip()}
    return {text for text in texts if len(text) >= SHORTEST_SECRET}


def _texts(value: Any) -> Iterator[str]:
    """The strings in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, Mapping)):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)


def _quoted(text: str) -> str:
    cut = text if len(text) <= LONGEST_COMMAND else text[:LONGEST_COMMAND] + "…"
    return json.dumps(cut, ensure_ascii=False)


def _late(call: Call) -> str:
    return f"ended after {call.timeout:.0f} s, its time limit; give it more by customTimeouts"


def unique(call: Call) -> str:
    """An id as the official plugin makes them: the resource's name and 8 hex digits."""
    return call.urn.rsplit("::", 1)[-1] + secrets.token_hex(4)


RESOURCES: Mapping[str, Resource] = {
    "command:local:Command": LocalCommand(),
}
