"""The engine's side of a plugin: checks, diffs, previews, secrets and logs from tables and handlers.

A plugin makes one `Resource` for each type (resource.py) and serves a `Provider` (server.py).
"""

import asyncio
import contextlib
import inspect
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import grpc
from pulumi.provider.experimental import provider as sdk
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from offline.plugins.inputs import (
    UNKNOWN,
    Table,
    check,
    compare,
    plain,
    plain_map,
    property_value,
)
from offline.plugins.resource import Call, ProviderError, Resource, Values


class Provider(sdk.Provider):
    """The engine's side. configure: gets the plain configuration, checked by the config table."""

    def __init__(
        self,
        name: str,
        version: str,
        config: Table,
        resources: Mapping[str, Resource],
        configure: Callable[[Values], Any] = lambda config: None,
        *,
        engine: str,
    ) -> None:
        self.name, self.version = name, version
        self.config, self.resources, self._configure = config, resources, configure
        self._channel = grpc.insecure_channel(engine)
        self._cancelled = threading.Event()
        self._tasks: set[asyncio.Task] = set()

    async def check_config(self, request: sdk.CheckRequest) -> sdk.CheckResponse:
        given = {name: v for name, v in request.new_inputs.items() if name != "version"}
        failures = list(check(self.config, self._decode(given)))
        return sdk.CheckResponse(inputs=request.new_inputs, failures=failures)

    def _decode(self, args: Mapping[str, PropertyValue]) -> dict[str, PropertyValue]:
        """Configuration other than strings travels as JSON text."""
        decoded = dict(args)
        for name, value in args.items():
            spec = self.config.get(name)
            if spec and spec.kind is not str and isinstance(value.value, str):
                with contextlib.suppress(ValueError):  # the check names it
                    decoded[name] = property_value(json.loads(value.value))
        return decoded

    async def diff_config(self, request: sdk.DiffRequest) -> sdk.DiffResponse:
        old, new = self._decode(request.old_state), self._decode(request.new_inputs)
        changes = compare(self.config, plain_map(old), plain_map(new))
        return sdk.DiffResponse(changes=bool(changes), diffs=_names(changes), detailed_diff=changes)

    async def configure(self, request: sdk.ConfigureRequest) -> sdk.ConfigureResponse:
        await self._run(self._configure, plain_map(self._decode(request.args)))
        return await super().configure(request)

    async def check(self, request: sdk.CheckRequest) -> sdk.CheckResponse:
        table = self._resource(request).inputs
        # Of a state that the official plugin has made, the engine gives back what the program ignores.
        theirs = plain(request.old_inputs.get("__defaults", PropertyValue([])))
        inputs = {n: v for n, v in request.new_inputs.items() if n in table or n not in theirs}
        return sdk.CheckResponse(inputs=inputs, failures=list(check(table, inputs)))

    async def diff(self, request: sdk.DiffRequest) -> sdk.DiffResponse:
        resource = self._resource(request)
        old, new = plain_map(request.old_state), plain_map(request.new_inputs)
        changes = compare(resource.inputs, old, new) | resource.changes(old, new)
        replaces = _names(p for p, c in changes.items() if c.kind.name.endswith("_REPLACE"))
        return sdk.DiffResponse(
            changes=bool(changes), replaces=replaces, diffs=_names(changes), detailed_diff=changes
        )

    async def create(self, request: sdk.CreateRequest) -> sdk.CreateResponse:
        resource, inputs = self._resource(request), request.properties
        if request.preview:
            outputs = dict.fromkeys(_beside(resource, inputs), UNKNOWN)
            return sdk.CreateResponse(properties=_state(inputs, outputs))
        call = self._call(request.urn, inputs, request.timeout)
        id, outputs = await self._run(resource.create, call, plain_map(inputs))
        return sdk.CreateResponse(id, _state(inputs, outputs))

    async def update(self, request: sdk.UpdateRequest) -> sdk.UpdateResponse:
        resource, inputs = self._resource(request), request.news
        beside = _beside(resource, inputs)
        kept: Values = {name: value for name, value in request.olds.items() if name in beside}
        if request.preview:
            outputs = dict.fromkeys(resource.volatile, UNKNOWN)
        else:
            call = self._call(request.urn, inputs, request.timeout)
            outputs = await self._run(
                resource.update,
                call,
                request.resource_id,
                plain_map(request.olds),
                plain_map(inputs),
            )
        return sdk.UpdateResponse(_state(inputs, kept | outputs))

    async def read(self, request: sdk.ReadRequest) -> sdk.ReadResponse:
        resource, state = self._resource(request), request.properties
        if not state:
            raise ProviderError(f"importing needs the official {self.name} plugin {self.version}")
        call = self._call(request.urn, state)
        found = await self._run(resource.read, call, request.resource_id, plain_map(state))
        if found is None:
            return sdk.ReadResponse()

        def refreshed(known: Mapping[str, PropertyValue]) -> Values:
            """What was found, where that differs in meaning from what is known."""
            old = plain_map(known)
            return {
                name: value
                for name, value in found.items()
                if name not in resource.inputs
                # in this direction, so that what the engine chose itself is no difference
                or compare({name: resource.inputs[name]}, {name: value}, old)
            }

        drift = refreshed(request.inputs)
        given = {n: v for n, v in drift.items() if n in request.inputs and n in resource.inputs}
        return sdk.ReadResponse(
            request.resource_id, _state(state, refreshed(state)), _state(request.inputs, given)
        )

    async def delete(self, request: sdk.DeleteRequest) -> None:
        call = self._call(request.urn, request.properties, request.timeout)
        state = plain_map(request.properties)
        await self._run(self._resource(request).delete, call, request.resource_id, state)

    async def cancel(self) -> None:
        self._cancelled.set()
        for task in self._tasks:
            task.cancel()

    async def stop(self) -> None:
        """Cancel what runs and wait until it has cleaned up."""
        await self.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _resource(self, request: Any) -> Resource:
        token = request.type.split("$")[-1]
        if token not in self.resources:
            raise ProviderError(
                f"'{token}' is not carried out by this plugin; install the official "
                f"{self.name} plugin {self.version}"
            )
        return self.resources[token]

    def _call(self, urn: str, inputs: Mapping[str, PropertyValue], timeout: float = 0) -> Call:
        names = frozenset(name for name, value in inputs.items() if value.contains_secret())
        return Call(urn, partial(self._log, urn), timeout, names, self._cancelled)

    def _log(self, urn: str, message: str, severity="INFO", ephemeral=False) -> None:
        level = engine_pb2.LogSeverity.Value(severity)
        request = engine_pb2.LogRequest(
            severity=level, message=message, urn=urn, ephemeral=ephemeral
        )
        with contextlib.suppress(grpc.RpcError):  # an engine that has gone reads no log
            engine_pb2_grpc.EngineStub(self._channel).Log(request)

    async def _run(self, function: Callable, *args: Any) -> Any:
        if not inspect.iscoroutinefunction(function):
            return await asyncio.to_thread(function, *args)
        task = asyncio.ensure_future(function(*args))
        self._tasks.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            raise ProviderError("stopped by the operator; run it again to go on") from None
        finally:
            self._tasks.discard(task)


def _beside(resource: Resource, inputs: Mapping[str, PropertyValue]) -> frozenset[str]:
    """What a state has beside the inputs."""
    computed = {name for name, spec in resource.inputs.items() if spec.computed}
    return resource.outputs | (computed - inputs.keys())


def _state(inputs: Mapping[str, PropertyValue], outputs: Values) -> dict[str, PropertyValue]:
    """Inputs and outputs together; what stems from a secret input of the same name is secret."""
    state = dict(inputs)
    for name, output in outputs.items():
        value = property_value(output)
        of_secret = name in inputs and inputs[name].contains_secret()
        state[name] = value.with_secret(True) if of_secret else value
    return state


def _names(paths: Iterable[str]) -> list[str]:
    """The properties that the paths start from."""
    return sorted({path.split(".")[0].split("[")[0] for path in paths})
