"""The resource types of the plugin."""

import asyncio
import json
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from offline.plugins.command import local
from offline.plugins.command.output import SHOWN, Output
from offline.plugins.inputs import ANY, Input, MapOf, Table, one_of
from offline.plugins.resource import Call, ProviderError, Resource, Values

SHORTEST_SECRET = 3  # characters; hiding shorter ones would blot out half of every message
LONGEST_COMMAND = 300  # characters of a command that an error repeats


def _never(value: bool) -> str | None:
    return "must be false: this plugin hands no last output on" if value else None


COMMAND: Table = {
    "triggers": Input([ANY]),  # what they replace, the SDK says
    "create": Input(required=True),
    "update": Input(),
    "delete": Input(),
    "stdin": Input(),
    "environment": Input(MapOf(str)),
    "logging": Input(required=True, rule=one_of(*SHOWN)),
    "addPreviousOutputInEnv": Input(bool, required=True, rule=_never),
    "interpreter": Input([str]),
}


class LocalCommand(Resource):
    inputs = COMMAND
    outputs = volatile = frozenset({"stdout", "stderr"})

    async def create(self, call: Call, inputs: Values) -> Any:
        return unique(call), await self._run(call, inputs["create"], inputs)

    async def update(self, call: Call, id: str, state: Values, inputs: Values) -> Any:
        return await self._run(call, inputs.get("update", inputs["create"]), inputs)

    async def delete(self, call: Call, id: str, state: Values) -> None:
        if command := state.get("delete"):
            await self._run(call, command, state)

    async def _run(self, call: Call, command: str, inputs: Values) -> Values:
        shown = SHOWN[inputs["logging"]]
        hidden = secret_texts(inputs, call.secrets)
        async with Output(call.log, shown, hidden) as output:
            try:
                async with asyncio.timeout(call.timeout or None):
                    wrong = await local.run(
                        [*(inputs.get("interpreter") or ["/bin/sh", "-c"]), command],
                        inputs.get("environment", {}),
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
