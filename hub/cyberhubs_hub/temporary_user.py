"""The server of a user whom the hub makes for itself and deletes afterwards, asked by the hub's own API and through the
proxy: as members' are, and nobody's."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import docker
from docker.errors import DockerException
from dockerspawner import DockerSpawner

from cyberhubs_hub.shared.config import HUB_PORT, PROXY_URL, HubConfig

HUB_LIMIT_S = 120  # for a hub that has only just been started
STOP_LIMIT_S = 60
LOG_LINES = 20


class TrialError(Exception):
    """What is wrong, in a sentence."""


def api_of(hub: HubConfig) -> str:
    return f"http://127.0.0.1:{HUB_PORT}{hub.prefix}hub/api"


async def wait_for_hub(http: aiohttp.ClientSession, hub: HubConfig) -> None:
    deadline = time.monotonic() + HUB_LIMIT_S
    health = api_of(hub).removesuffix("api") + "health"
    while True:
        try:
            async with http.get(health) as answer:
                if answer.status == 200:
                    return
        except aiohttp.ClientError:
            pass
        if time.monotonic() > deadline:
            raise TrialError(
                f"the hub has not answered for {HUB_LIMIT_S} s; look at its log with `make logs`."
            )
        await asyncio.sleep(0.2)


class TrialServer:
    """Of `user`; `http` has the token of a service that may start it. Methods raise TrialError."""

    def __init__(self, http: aiohttp.ClientSession, hub: HubConfig, user: str) -> None:
        self._http = http
        self._user = f"{api_of(hub)}/users/{user}"
        self._server = f"{PROXY_URL}{hub.prefix}user/{user}"
        self._container = hub.container_prefix + DockerSpawner._escape(user)

    @asynccontextmanager
    async def made(self) -> AsyncIterator[None]:
        """With its user, who is deleted afterwards."""
        await self.make()
        try:
            yield
        finally:
            await self.delete()

    async def make(self) -> None:
        """Its user, afresh: a trial that was cut off may have left one behind."""
        await self.delete()
        await self._call("POST", self._user)

    async def delete(self) -> None:
        async with self._http.get(self._user) as answer:
            if answer.status == 404:
                return
        await self.stop()
        await self._call("DELETE", self._user)

    async def start(self, image: str, say: Callable[[str], None]) -> None:
        """Returns once it answers. `say` is told what the hub says meanwhile."""
        await self._call("POST", f"{self._user}/server", json={"image": image})
        said = None
        while True:
            async with self._http.get(f"{self._user}/server/progress", timeout=None) as events:
                async for line in events.content:
                    if not line.startswith(b"data:"):
                        continue
                    event = json.loads(line[5:])
                    if event.get("ready"):
                        return
                    if event.get("failed"):
                        raise TrialError(event["message"].removeprefix("Spawn failed: "))
                    if (message := event["message"].split(" (")[0]) != said:
                        say(message)
                        said = message
            await asyncio.sleep(0.5)  # a start that has just failed is cleaned up before it is told

    async def get(self, path: str) -> Any:
        return await self._call("GET", f"{self._server}/{path}")

    async def read(self, path: str) -> bytes:
        async with self._http.get(f"{self._server}/{path}") as answer:
            if answer.status >= 400:
                raise TrialError(await _said(answer))
            return await answer.read()

    async def status(self, path: str) -> int:
        async with self._http.get(f"{self._server}/{path}") as answer:
            return answer.status

    async def save(self, path: str, notebook: Any) -> None:
        """As a page does."""
        model = {"type": "notebook", "format": "json", "content": notebook}
        await self._call("PUT", f"{self._server}/api/contents/{path}", json=model)

    async def language(self) -> str:
        """Of the kernel that is the default; empty if the server names none."""
        specs = await self.get("api/kernelspecs")
        found = specs["kernelspecs"].get(specs["default"], {})
        return found.get("spec", {}).get("language", "")

    async def version(self) -> str:
        """Of its JupyterHub, as it says itself; empty if it does not."""
        async with self._http.get(f"{self._server}/api/status") as answer:
            return answer.headers.get("X-JupyterHub-Version", "")

    async def kernel(self) -> str:
        """The id of a new one."""
        return (await self._call("POST", f"{self._server}/api/kernels", json={}))["id"]

    async def run(self, kernel: str, code: str) -> None:
        """Returns once the kernel has run it, by a websocket of its own."""
        url = f"{self._server}/api/kernels/{kernel}/channels"
        message_id = uuid.uuid4().hex
        content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
        header = {"msg_id": message_id, "msg_type": "execute_request", "version": "5.3"}
        header |= {"session": message_id, "username": "", "date": ""}
        async with self._http.ws_connect(url, max_msg_size=0) as socket:
            await socket.send_json(
                {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}}
                | {"content": content, "buffers": []}
            )
            async for received in socket:
                message = json.loads(received.data)
                ours = message["parent_header"].get("msg_id") == message_id
                if ours and message["msg_type"] == "execute_reply":
                    if message["content"]["status"] == "ok":
                        return
                    raise TrialError(f"its kernel could not run {code}: {message['content']}")
        raise TrialError("the connection to its kernel was cut.")

    async def stop(self) -> None:
        """Whatever it is doing; waits until it is gone."""
        deadline = time.monotonic() + STOP_LIMIT_S
        while time.monotonic() < deadline:
            async with self._http.delete(f"{self._user}/server") as answer:
                status, text = answer.status, await _said(answer)
            if status in (204, 404):
                return
            if status not in (202, 400):  # 400: a start or stop is under way
                raise TrialError(f"its server could not be stopped: {text}")
            await asyncio.sleep(0.3)
        raise TrialError(f"its server did not stop in {STOP_LIMIT_S} s.")

    def log(self) -> str:
        """The end of the server's log, if its container is still there."""
        try:
            log = docker.APIClient(version="auto").logs(self._container, tail=LOG_LINES)
        except DockerException:
            return ""  # already gone, and its log with what the hub said
        return f"The end of its log:\n{log.decode(errors='replace').rstrip()}"

    async def _call(self, method: str, url: str, **more: Any) -> Any:
        async with self._http.request(method, url, **more) as answer:
            if answer.status >= 400:
                raise TrialError(await _said(answer))
            text = await answer.text()
            return json.loads(text) if answer.content_type == "application/json" and text else None


async def _said(answer: aiohttp.ClientResponse) -> str:
    """The sentence in an error of JupyterHub's API, or what there is."""
    text = await answer.text()
    try:
        return json.loads(text)["message"]
    except (ValueError, KeyError, TypeError):
        return f"{answer.method} {answer.url} answered {answer.status}: {text[:200]}"
