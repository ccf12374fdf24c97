"""The engine's side of a plugin: checks, diffs, previews, secrets and logs from tables and handlers.

A plugin makes one `Resource` for each type (resource.py) and serves a `Provider` (server.py).
"""

import asyncio
import contextlib
import hashlib
import inspect
import json
import secrets
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
    empty,
    plain,
    plain_map,
    property_value,
)
from offline.plugins.resource import Call, ProviderError, Resource, Values
from offline.plugins.schema import schema


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
        self._config, self._resources, self._configure = config, resources, configure
        self._channel = grpc.insecure_channel(engine)
        self._cancelled = threading.Event()
        self._tasks: set[asyncio.Task] = set()

    async def get_schema(self, request: sdk.GetSchemaRequest) -> sdk.GetSchemaResponse:
        tables = {token: (r.inputs, r.outputs) for token, r in self._resources.items()}
        return sdk.GetSchemaResponse(schema(self.name, self.version, self._config, tables))

    async def check_config(self, request: sdk.CheckRequest) -> sdk.CheckResponse:
        given = {k: v for k, v in request.new_inputs.items() if k not in ("version",)}
        failures: list[sdk.CheckFailure] = []
        check(self._config, self._decode(given), failures)
        return sdk.CheckResponse(inputs=request.new_inputs, failures=failures)

    def _decode(self, args: Mapping[str, PropertyValue]) -> dict[str, PropertyValue]:
        """Configuration other than strings travels as JSON text."""
        decoded = dict(args)
        for name, value in args.items():
            spec = self._config.get(name)
            if spec and spec.kind is not str and isinstance(value.value, str):
                with contextlib.suppress(ValueError):  # the check names it
                    decoded[name] = property_value(json.loads(value.value))
        return decoded

    async def diff_config(self, request: sdk.DiffRequest) -> sdk.DiffResponse:
        old, new = self._decode(request.old_state), self._decode(request.new_inputs)
        changes = compare(self._config, plain_map(old), plain_map(new))
        return sdk.DiffResponse(changes=bool(changes), diffs=_names(changes), detailed_diff=changes)

    async def configure(self, request: sdk.ConfigureRequest) -> sdk.ConfigureResponse:
        given = {k: v for k, v in request.args.items() if k in self._config}
        config = plain_map(check(self._config, self._decode(given), []))
        await self._run(self._configure, config)
        return await super().configure(request)

    async def check(self, request: sdk.CheckRequest) -> sdk.CheckResponse:
        resource = self._resource(request)
        failures: list[sdk.CheckFailure] = []
        given, defaults = dict(request.new_inputs), []
        for name, spec in resource.inputs.items():
            if spec.autoname and given.get(name, PropertyValue(None)).value is None:
                kept = name in _made(request.old_inputs)
                given[name] = request.old_inputs[name] if kept else _auto_name(request)
                defaults.append(name)
        inputs = check(resource.inputs, given, failures)
        if not failures:
            wrong = resource.check(plain_map(inputs))
            failures = [sdk.CheckFailure(name, reason) for name, reason in wrong.items()]
        if defaults:  # the mark that bridged providers leave too
            inputs["__defaults"] = property_value(defaults)
        return sdk.CheckResponse(inputs=inputs, failures=failures)

    async def diff(self, request: sdk.DiffRequest) -> sdk.DiffResponse:
        resource = self._resource(request)
        old, new = plain_map(request.old_state), plain_map(request.new_inputs)
        changes = compare(resource.inputs, old, new) | resource.changes(old, new)
        changes = {
            path: change
            for path, change in changes.items()
            if not any(
                path == i or path.startswith((f"{i}.", f"{i}[")) for i in request.ignore_changes
            )
        }
        replaces = _names(p for p, c in changes.items() if c.kind.name.endswith("_REPLACE"))
        return sdk.DiffResponse(
            changes=bool(changes),
            replaces=replaces,
            diffs=_names(changes),
            detailed_diff=changes,
            delete_before_replace=bool(replaces)
            and (resource.delete_before_replace or _keeps_name(resource, old, request.new_inputs)),
        )

    async def create(self, request: sdk.CreateRequest) -> sdk.CreateResponse:
        resource, inputs = self._resource(request), request.properties
        if request.preview:
            outputs = dict.fromkeys(resource.outputs, UNKNOWN) | {
                n: UNKNOWN for n, i in resource.inputs.items() if i.computed and n not in inputs
            }
            return sdk.CreateResponse(properties=_state(resource, inputs, outputs))
        call = self._call(request.urn, inputs, request.timeout)
        id, outputs = await self._run(resource.create, call, plain_map(inputs))
        return sdk.CreateResponse(id, _state(resource, inputs, outputs))

    async def update(self, request: sdk.UpdateRequest) -> sdk.UpdateResponse:
        resource, inputs = self._resource(request), request.news
        kept: Values = {
            name: value
            for name, value in request.olds.items()
            if name in resource.outputs
            or (name not in inputs and name in resource.inputs and resource.inputs[name].computed)
        }
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
        return sdk.UpdateResponse(_state(resource, inputs, kept | outputs))

    async def read(self, request: sdk.ReadRequest) -> sdk.ReadResponse:
        resource, state = self._resource(request), request.properties or request.inputs
        call = self._call(request.urn, state)
        found = await self._run(resource.read, call, request.resource_id, plain_map(state))
        if found is None:
            return sdk.ReadResponse()
        id = found.pop("id", request.resource_id)

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

        properties = _state(resource, state, refreshed(state))
        if request.inputs:
            drift = refreshed(request.inputs)
            new = {n: drift[n] for n in request.inputs if n in resource.inputs and n in drift}
            inputs = request.inputs | _state(resource, request.inputs, new)
        else:
            inputs = {n: v for n, v in properties.items() if n in resource.inputs}
            inputs = {n: v for n, v in inputs.items() if not empty(plain(v))}
        return sdk.ReadResponse(id, properties, inputs)

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

    async def invoke(self, request: sdk.InvokeRequest) -> sdk.InvokeResponse:
        raise self._refusal(request.tok)

    def _resource(self, request: Any) -> Resource:
        token = request.type.split("$")[-1]
        if token not in self._resources:
            raise self._refusal(token)
        return self._resources[token]

    def _refusal(self, token: str) -> ProviderError:
        return ProviderError(
            f"'{token}' is not carried out by this plugin; install the official "
            f"{self.name} plugin {self.version}"
        )

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


def _state(
    resource: Resource, inputs: Mapping[str, PropertyValue], outputs: Values
) -> dict[str, PropertyValue]:
    """Inputs and outputs together; what stems from a secret input of the same name is secret."""
    state = {name: value for name, value in inputs.items() if not name.startswith("__")}
    for name, output in outputs.items():
        value = property_value(output)
        of_secret = name in state and state[name].contains_secret()
        hidden = of_secret or name in resource.secret_outputs
        state[name] = value.with_secret(True) if hidden else value
    return state


def _names(paths: Iterable[str]) -> list[str]:
    """The properties that the paths start from."""
    return sorted({path.split(".")[0].split("[")[0] for path in paths})


def _auto_name(request: sdk.CheckRequest) -> PropertyValue:
    seed = request.random_seed or secrets.token_bytes(16)
    return PropertyValue(f"{request.name}-{hashlib.sha256(seed).hexdigest()[:7]}")


def _made(inputs: Mapping[str, PropertyValue]) -> list[str]:
    """The inputs that a check has named itself."""
    return plain(inputs["__defaults"]) if "__defaults" in inputs else []


def _keeps_name(resource: Resource, old: Values, new: Mapping[str, PropertyValue]) -> bool:
    """Whether a name chosen by the program stands in the way of a second resource."""
    return any(
        spec.autoname
        and name not in _made(new)
        and name in new
        and plain(new[name]) == old.get(name)
        for name, spec in resource.inputs.items()
    )
