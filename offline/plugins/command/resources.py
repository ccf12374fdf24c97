"""The resource types of the plugin."""

import asyncio
import importlib
import json
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from offline.plugins.command import local
from offline.plugins.command.output import SHOWN, Output
from offline.plugins.inputs import ANY, Input, MapOf, Table
from offline.plugins.resource import Call, ProviderError, Resource, Values
from offline.plugins.wire import Asset

SHORTEST_SECRET = 3  # characters; hiding shorter ones would blot out half of every message
LONGEST_COMMAND = 300  # characters of a command that an error repeats


def _logging(value: str) -> str | None:
    return None if value in SHOWN else f"must be one of {', '.join(SHOWN)}"


def _source(value: Asset) -> str | None:
    if value.get("uri"):
        return "must be a file, text or archive of this machine; download it first"
    return None


COMMAND: Table = {
    "triggers": Input([ANY], replace=True),
    "create": Input(),
    "update": Input(),
    "delete": Input(),
    "stdin": Input(),
    "environment": Input(MapOf(str)),
    "logging": Input(rule=_logging),
    "addPreviousOutputInEnv": Input(bool, default=True),
}

OUTPUTS = {"stdout": str, "stderr": str}

PROXY: Table = {
    "host": Input(required=True),
    "port": Input(float, default=22),
    "user": Input(default="root"),
    "password": Input(),
    "privateKey": Input(),
    "privateKeyPassword": Input(),
    "agentSocketPath": Input(),
    "hostKey": Input(),
    "dialErrorLimit": Input(int, default=10),
    "perDialTimeout": Input(int, default=15),
}
CONNECTION = Input(PROXY | {"proxy": Input(PROXY)}, required=True, secret=True)
COPY: Table = {
    "connection": CONNECTION,
    "source": Input(Asset, required=True, rule=_source),
    "remotePath": Input(required=True),
    "triggers": Input([ANY], replace=True),
}
CREDENTIALS = ("password", "privateKey", "privateKeyPassword")


class _Command(Resource):
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
                    wrong = await self._execute(call, command, inputs, previous, output)
            except TimeoutError:
                wrong = _late(call)
        if wrong:
            text = "[secret]" if command in hidden else _quoted(command)
            raise ProviderError(f"{wrong}: running {text}:\n{output.end()}")
        return {"stdout": output.text("stdout"), "stderr": output.text("stderr")}

    async def _execute(
        self, call: Call, command: str, inputs: Values, previous: Values, output: Output
    ) -> str:
        """Answers what went wrong, or "" for success."""
        raise NotImplementedError


class LocalCommand(_Command):
    inputs = COMMAND | {"interpreter": Input([str]), "dir": Input()}

    async def _execute(
        self, call: Call, command: str, inputs: Values, previous: Values, output: Output
    ) -> str:
        interpreter = inputs.get("interpreter") or ["/bin/sh", "-c"]
        return await local.run(
            [*interpreter, command],
            inputs.get("dir"),
            {**inputs.get("environment", {}), **previous},
            inputs.get("stdin"),
            output,
        )


class RemoteCommand(_Command):
    inputs = COMMAND | {"connection": CONNECTION}

    async def _execute(
        self, call: Call, command: str, inputs: Values, previous: Values, output: Output
    ) -> str:
        ssh = await _module("ssh")
        async with ssh.connect(inputs["connection"], call.log) as connection:
            return await ssh.run(
                connection,
                command,
                inputs.get("environment", {}),
                previous,
                inputs.get("stdin"),
                output,
                call.log,
            )


class CopyToRemote(Resource):
    inputs = COPY

    async def create(self, call: Call, inputs: Values) -> Any:
        await self._copy(call, inputs)
        return secrets.token_hex(4), {}

    async def update(self, call: Call, id: str, state: Values, inputs: Values) -> Any:
        old, new = state["source"].get("hash"), inputs["source"].get("hash")
        if not new or new != old or state["remotePath"] != inputs["remotePath"]:
            await self._copy(call, inputs)
        return {}

    async def _copy(self, call: Call, inputs: Values) -> None:
        ssh, upload = await _module("ssh"), await _module("upload")
        try:
            async with (
                asyncio.timeout(call.timeout or None),
                ssh.connect(inputs["connection"], call.log) as connection,
                connection.start_sftp_client() as sftp,
            ):
                await upload.copy(sftp, inputs["source"], inputs["remotePath"])
        except TimeoutError:
            raise ProviderError(_late(call)) from None


def secret_texts(inputs: Values, names: frozenset[str]) -> set[str]:
    """The texts, and the longer lines of them, that no message may show."""
    texts: set[str] = set()
    for name in names:
        for text in _texts(inputs.get(name), CREDENTIALS if name == "connection" else None):
            lines = {line.strip() for line in text.splitlines() if len(line.strip()) >= 8}
            texts |= lines | {text, text.strip()}
    return {text for text in texts if len(text) >= SHORTEST_SECRET}


def _texts(value: Any, only: tuple[str, ...] | None) -> Iterator[str]:
    """The strings in a value; only: those under these names."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, only)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not only or key in only or isinstance(item, Mapping):
                yield from _texts(item, only)


def _quoted(text: str) -> str:
    cut = text if len(text) <= LONGEST_COMMAND else text[:LONGEST_COMMAND] + "…"
    return json.dumps(cut, ensure_ascii=False)


def _late(call: Call) -> str:
    return f"ended after {call.timeout:.0f} s, its time limit; give it more by customTimeouts"


def unique(call: Call) -> str:
    """An id as the official plugin makes them: the resource's name and 8 hex digits."""
    return call.urn.rsplit("::", 1)[-1] + secrets.token_hex(4)


async def _module(name: str) -> Any:
    """A module that needs asyncssh: imported at first use, as that takes longer than all else."""
    return await asyncio.to_thread(importlib.import_module, f"offline.plugins.command.{name}")


RESOURCES: Mapping[str, Resource] = {
    "command:local:Command": LocalCommand(),
    "command:remote:Command": RemoteCommand(),
    "command:remote:CopyToRemote": CopyToRemote(),
}
