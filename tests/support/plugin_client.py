"""A resource plugin run and spoken to as the engine does: for the conformance suites.

`PLUGIN_DIR` names a directory with another `pulumi-resource-<name>`, such as the official one.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from concurrent import futures
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
)

ROOT = Path(__file__).parents[2]
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_metadata_size", 4 << 20)]

Values = dict[str, Any]


@dataclass(frozen=True)
class Secret:
    value: Any


def _encode(value: Any) -> Any:
    if isinstance(value, Secret):
        # The engine hands no secret back that is nothing.
        return value.value and {SIGNATURE: SECRET, "value": _encode(value.value)}
    if isinstance(value, Mapping):
        return {key: _encode(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encode(item) for item in value]
    return value


def _struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(_encode(values))
    return struct


def _decode(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = value.struct_value.fields
        if SIGNATURE in fields and fields[SIGNATURE].string_value == SECRET:
            return Secret(_decode(fields["value"]))
        return _plain(value.struct_value)
    if kind == "list_value":
        return [_decode(item) for item in value.list_value.values]
    return None if kind == "null_value" else getattr(value, kind or "")


def _plain(struct: struct_pb2.Struct) -> Values:
    return {key: _decode(value) for key, value in struct.fields.items()}


class _Engine(engine_pb2_grpc.EngineServicer):
    """The engine's side of the log."""

    def __init__(self) -> None:
        self.logs: list[engine_pb2.LogRequest] = []

    def Log(self, request: engine_pb2.LogRequest, context: Any) -> empty_pb2.Empty:
        self.logs.append(request)
        return empty_pb2.Empty()


class PluginError(Exception):
    """What the plugin answered instead of a result."""


class Plugin:
    """A running plugin. Values are plain Python, with `Secret` around what is secret."""

    def __init__(self, name: str, work_dir: Path, config: Values | None = None) -> None:
        self.name, self.work_dir = name, work_dir
        self._engine = _Engine()
        self._server = grpc.server(futures.ThreadPoolExecutor(4))
        engine_pb2_grpc.add_EngineServicer_to_server(self._engine, self._server)
        address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()
        directory = os.environ.get("PLUGIN_DIR")
        command = (
            [str(Path(directory) / f"pulumi-resource-{name}")]
            if directory
            else [sys.executable, "-m", f"offline.plugins.{name}"]
        )
        self.process = subprocess.Popen(
            [*command, address],
            cwd=work_dir,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            process_group=0,
        )
        assert self.process.stdout
        port = int(self.process.stdout.readline())
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=OPTIONS)
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self._stub.GetPluginInfo(empty_pb2.Empty())
        self._stub.Configure(
            provider_pb2.ConfigureRequest(
                args=_struct(config or {}), acceptSecrets=True, acceptResources=True
            )
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self, timeout_s: float = 5) -> None:
        """Stop it as the engine does at the end of an update."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        try:
            self.process.wait(timeout_s)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self._channel.close()
            self._server.stop(None)

    @property
    def logs(self) -> list[engine_pb2.LogRequest]:
        return self._engine.logs

    def text(self) -> str:
        """All messages so far, as lines."""
        return "\n".join(log.message for log in self.logs)

    def version(self) -> plugin_pb2.PluginInfo:
        return self._stub.GetPluginInfo(empty_pb2.Empty())

    def urn(self, token: str) -> str:
        return f"urn:pulumi:test::conformance::{token}::thing"

    def check(self, token: str, inputs: Values, olds: Values | None = None) -> Values:
        """The checked inputs; raises PluginError with every failure."""
        response = self._call(
            "Check",
            provider_pb2.CheckRequest(
                urn=self.urn(token),
                olds=_struct(olds or {}),
                news=_struct(inputs),
                randomSeed=b"0" * 32,
            ),
        )
        if response.failures:
            raise PluginError("\n".join(f"{f.property}: {f.reason}" for f in response.failures))
        return _plain(response.inputs)

    def check_config(self, config: Values) -> Values:
        """The checked configuration; raises PluginError with every failure."""
        request = provider_pb2.CheckRequest(
            urn=self.urn(f"pulumi:providers:{self.name}"), news=_struct(config)
        )
        response = self._call("CheckConfig", request)
        if response.failures:
            raise PluginError("\n".join(f"{f.property}: {f.reason}" for f in response.failures))
        return _plain(response.inputs)

    def diff_config(self, old: Values, new: Values) -> provider_pb2.DiffResponse:
        urn = self.urn(f"pulumi:providers:{self.name}")
        request = provider_pb2.DiffRequest(
            urn=urn, id="id", olds=_struct(old), news=_struct(new), old_inputs=_struct(old)
        )
        return self._call("DiffConfig", request)

    def diff(
        self,
        token: str,
        state: Values,
        inputs: Values,
        ignore: tuple[str, ...] = (),
        id: str = "id",
    ) -> provider_pb2.DiffResponse:
        return self._call(
            "Diff",
            provider_pb2.DiffRequest(
                urn=self.urn(token),
                id=id,
                olds=_struct(state),
                news=_struct(inputs),
                ignoreChanges=ignore,
            ),
        )

    def kinds(self, token: str, state: Values, inputs: Values) -> dict[str, str]:
        """A diff in short: "ADD", "UPDATE_REPLACE" and so on by property path."""
        detailed = self.diff(token, state, inputs).detailedDiff
        return {
            path: provider_pb2.PropertyDiff.Kind.Name(entry.kind)
            for path, entry in detailed.items()
        }

    def create(
        self, token: str, inputs: Values, preview: bool = False, timeout_s: float = 0
    ) -> tuple[str, Values]:
        request = provider_pb2.CreateRequest(
            urn=self.urn(token), properties=_struct(inputs), preview=preview, timeout=timeout_s
        )
        response = self._call("Create", request)
        return response.id, _plain(response.properties)

    def update(
        self, token: str, id: str, state: Values, inputs: Values, preview: bool = False
    ) -> Values:
        request = provider_pb2.UpdateRequest(
            urn=self.urn(token),
            id=id,
            olds=_struct(state),
            news=_struct(inputs),
            preview=preview,
        )
        return _plain(self._call("Update", request).properties)

    def read(
        self, token: str, id: str, state: Values, inputs: Values | None = None
    ) -> tuple[str, Values, Values]:
        """Id, state and inputs found; the id is empty where it is gone."""
        request = provider_pb2.ReadRequest(
            urn=self.urn(token), id=id, properties=_struct(state), inputs=_struct(inputs or {})
        )
        response = self._call("Read", request)
        return response.id, _plain(response.properties), _plain(response.inputs)

    def delete(self, token: str, id: str, state: Values) -> None:
        request = provider_pb2.DeleteRequest(urn=self.urn(token), id=id, properties=_struct(state))
        self._call("Delete", request)

    def cancel(self) -> None:
        self._stub.Cancel(empty_pb2.Empty())

    def _call(self, method: str, request: Any) -> Any:
        try:
            return getattr(self._stub, method)(request, timeout=120)
        except grpc.RpcError as error:
            raise PluginError(error.details()) from None
