"""An institution's proxy: the only way to names that nobody else knows."""

import asyncio
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from aiohttp import ClientSession, web


class Proxy:
    """`url`: where it listens; `asked`: hosts that it was asked for, so far."""

    def __init__(self, url: str):
        self.url = url
        self.asked: list[str] = []


@contextmanager
def http_proxy(address: str, known: Mapping[str, str]) -> Iterator[Proxy]:
    """At any free port of an address. `known`: names to where they really are, "host:port"."""
    listener = socket.create_server((address, 0))
    proxy = Proxy(f"http://{address}:{listener.getsockname()[1]}")

    async def forward(request: web.BaseRequest) -> web.StreamResponse:
        asked = urlsplit(str(request.url))
        name = asked.hostname or ""
        proxy.asked.append(name)
        if name not in known:
            return web.Response(status=502, text=f"no {name}")
        url = f"http://{known[name]}{request.path_qs}"
        headers = {name: value for name, value in request.headers.items() if name != "Host"}
        async with ClientSession(auto_decompress=False) as http:
            answer = await http.request(
                request.method,
                url,
                headers={**headers, "Host": asked.netloc},
                data=await request.read(),
                allow_redirects=False,
            )
            body = await answer.read()
        kept = [
            pair
            for pair in answer.headers.items()
            if pair[0].lower() not in ("transfer-encoding", "content-length", "connection")
        ]
        response = web.Response(status=answer.status, body=body)
        response.headers.extend(kept)
        return response

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> web.ServerRunner:
        runner = web.ServerRunner(web.Server(forward))
        await runner.setup()
        await web.SockSite(runner, listener).start()
        return runner

    runner = asyncio.run_coroutine_threadsafe(start(), loop).result()
    try:
        yield proxy
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
