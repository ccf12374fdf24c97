"""A server that speaks as much of GitHub Enterprise Server as the project uses.

The web is at `{url}/…`, the REST API at `{url}/api/v3/…`; status codes, headers and the shapes of
errors are GitHub's. It remembers no one: each sign-in shows a page to choose an account on.
"""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from tests.support.github.api import PREFIX, Api, Handler
from tests.support.github.model import GitHub
from tests.support.github.site import Site


@contextmanager
def github_server(address: str = "127.0.0.1") -> Iterator[GitHub]:
    """Serve an empty GitHub from a thread, at any free port of an address."""
    listener = socket.create_server((address, 0))
    github = GitHub(f"http://{address}:{listener.getsockname()[1]}")
    runner = web.AppRunner(_application(github), access_log=None, shutdown_timeout=1)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> None:
        await runner.setup()
        await web.SockSite(runner, listener).start()

    try:
        asyncio.run_coroutine_threadsafe(start(), loop).result()
        yield github
    finally:
        github.down = None  # ends what hangs
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _application(github: GitHub) -> web.Application:
    @web.middleware
    async def availability(request: web.Request, handler: Handler) -> web.StreamResponse:
        github.requests.append((request.method, request.path))
        while github.down == "hang":
            await asyncio.sleep(0.05)
        if github.down == "refuse":
            raise web.HTTPServiceUnavailable
        return await handler(request)

    application = web.Application(middlewares=[availability])
    application.add_routes(Site(github).routes())
    application.add_subapp(PREFIX, Api(github).application())
    return application
