"""Serving a provider to the engine over gRPC, as resource plugins do: the port goes to stdout."""

import asyncio
import concurrent.futures
import contextlib
import os
import signal
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import grpc
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import provider_pb2_grpc

from offline.plugins import wire
from offline.plugins.provider import Provider
from offline.plugins.resource import ProviderError

THREADS = 32  # as many as the operations that run at once; each mostly waits
PARENT_CHECK_S = 5

wire.install()


class _Servicer(ProviderServicer):
    """Answers a ProviderError by its sentence, without the traceback that the SDK adds."""

    async def DiffConfig(self, request: Any, context: Any) -> Any:
        # the SDK's own fails on details and calls a change none; its Diff does neither
        config = SimpleNamespace(diff=self._provider.diff_config)
        return await ProviderServicer([], "", cast(Any, config), "").Diff(request, context)


def _with_plain_errors(name: str) -> Callable:
    method = getattr(ProviderServicer, name)

    async def call(self, request, context):
        try:
            return await method(self, request, context)
        except Exception as error:
            cause = error.__context__
            if not isinstance(cause, ProviderError):
                raise
            await context.abort(grpc.StatusCode.UNKNOWN, str(cause))

    return call


for _name in ("Configure", "Check", "Diff", "Create", "Read", "Update", "Delete"):
    setattr(_Servicer, _name, _with_plain_errors(_name))


def serve(make: Callable[[str], Provider]) -> None:
    """Serve the provider that `make(engine address)` answers, until the engine goes away."""
    engine, parent = sys.argv[-1], os.getppid()  # flags come before
    provider = make(engine)

    async def run() -> None:
        pool = concurrent.futures.ThreadPoolExecutor(THREADS)
        asyncio.get_running_loop().set_default_executor(pool)
        server = grpc.aio.server(options=_GRPC_CHANNEL_OPTIONS)
        servicer = _Servicer(sys.argv[1:], provider.version, provider, engine)
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        stopped = asyncio.Event()  # the engine ends its plugins by SIGINT and waits for 5 s
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        print(port, flush=True)
        while not stopped.is_set() and os.getppid() == parent:
            with contextlib.suppress(TimeoutError):  # an engine that was killed leaves no plugin
                await asyncio.wait_for(stopped.wait(), PARENT_CHECK_S)
        await provider.stop()
        await server.stop(0)
        os._exit(0)  # not waiting for threads

    asyncio.run(run())
