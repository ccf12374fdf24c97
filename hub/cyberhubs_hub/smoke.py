"""`cyberhubs-smoke`: does each application start, answer through the proxy, compute and stop?

Runs in the hub's container, by `docker exec`, with the applications as a JSON list of
{"name", "image"}. Progress goes to stderr; the exit status is 0 if all is well, 1 if not (with a
sentence and the end of the server's log), 2 for wrong arguments.
"""

import asyncio
import json
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import docker
from docker.errors import DockerException
from dockerspawner import DockerSpawner
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from cyberhubs_hub.shared.access_rules import SMOKE_USER
from cyberhubs_hub.shared.config import CONFIG_DIR, HUB_PORT, PROXY_URL, RUN_DIR, HubConfig

HUB_LIMIT_S = 120  # for a hub that has only just been started
START_LIMIT_S = 300
STOP_LIMIT_S = 60
KERNEL_LIMIT_S = 60
LOG_LINES = 20


class SmokeError(Exception):
    """What is wrong, in a sentence."""


def main() -> None:
    try:
        applications = [(entry["name"], entry["image"]) for entry in json.loads(sys.argv[1])]
    except (IndexError, ValueError, TypeError, KeyError):
        say("""Usage: cyberhubs-smoke '[{"name": "corehub", "image": "sha256:…"}, …]'""")
        sys.exit(2)
    hub = HubConfig.from_json(Path(CONFIG_DIR, "hub.json").read_text())
    try:
        asyncio.run(SmokeTest(hub).run(applications))
    except SmokeError as error:
        say(f"{hub.name}: {error}")
        sys.exit(1)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class SmokeTest:
    """Of one hub."""

    def __init__(self, hub: HubConfig) -> None:
        self.hub = hub
        self.api = f"http://127.0.0.1:{HUB_PORT}{hub.prefix}hub/api"
        self.user = f"{self.api}/users/{SMOKE_USER}"
        self.server = f"{PROXY_URL}{hub.prefix}user/{SMOKE_USER}"
        self.container = hub.container_prefix + DockerSpawner._escape(SMOKE_USER)

    async def run(self, applications: list[tuple[str, str]]) -> None:
        """Raises SmokeError for the first application that fails."""
        async with aiohttp.ClientSession() as self.http:
            await self._wait_for_hub()
            token = Path(RUN_DIR, "smoke_token").read_text()
            self.http.headers["Authorization"] = f"token {token}"
            async with self._lone_user():
                for name, image in applications:
                    began = time.monotonic()
                    try:
                        await self._try(name, image)
                    except (SmokeError, aiohttp.ClientError, OSError) as error:
                        text = str(error) or type(error).__name__
                        raise SmokeError(
                            f"application {name} does not work: {text}\n{self._log()}".rstrip()
                        ) from error
                    say(f"{name}: works ({time.monotonic() - began:.1f} s)")

    async def _wait_for_hub(self) -> None:
        deadline = time.monotonic() + HUB_LIMIT_S
        health = self.api.removesuffix("api") + "health"
        while True:
            try:
                async with self.http.get(health) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            if time.monotonic() > deadline:
                raise SmokeError(
                    f"the hub has not answered for {HUB_LIMIT_S} s; "
                    "look at its log with `make logs`."
                )
            await asyncio.sleep(0.2)

    @asynccontextmanager
    async def _lone_user(self) -> AsyncIterator[None]:
        """The test's user, made afresh (a test that was cut off may have left one behind) and
        deleted afterwards."""
        await self._delete_user()
        await self._call("POST", self.user)
        try:
            yield
        finally:
            await self._delete_user()

    async def _delete_user(self) -> None:
        async with self.http.get(self.user) as answer:
            if answer.status == 404:
                return
        await self._stop()
        await self._call("DELETE", self.user)

    async def _try(self, name: str, image: str) -> None:
        say(f"{name}: starting")
        await self._call("POST", f"{self.user}/server", json={"image": image})
        try:
            async with asyncio.timeout(START_LIMIT_S):
                await self._follow(name)
        except TimeoutError:
            raise SmokeError(f"it did not answer in {START_LIMIT_S} s.") from None
        status = await self._call("GET", f"{self.server}/api/status")
        if "started" not in status:
            raise SmokeError(f"it answered {status} when asked for its status.")
        say(f"{name}: answers; running a cell")
        try:
            async with asyncio.timeout(KERNEL_LIMIT_S):
                await self._run_a_cell()
        except TimeoutError:
            raise SmokeError(f"no kernel computed 1+1 in {KERNEL_LIMIT_S} s.") from None
        await self._stop()

    async def _follow(self, name: str) -> None:
        """Says what the hub says of a start, until it has ended well."""
        said = None
        while True:
            async with self.http.get(f"{self.user}/server/progress", timeout=None) as events:
                async for line in events.content:
                    if not line.startswith(b"data:"):
                        continue
                    event = json.loads(line[5:])
                    if event.get("ready"):
                        return
                    if event.get("failed"):
                        raise SmokeError(event["message"].removeprefix("Spawn failed: "))
                    if (message := event["message"].split(" (")[0]) != said:
                        say(f"{name}: {message}")
                        said = message
            await asyncio.sleep(0.5)  # a start that has just failed is cleaned up before it is told

    async def _run_a_cell(self) -> None:
        kernel = await self._call("POST", f"{self.server}/api/kernels", json={})
        url = f"{self.server}/api/kernels/{kernel['id']}/channels".replace("http", "ws", 1)
        socket = await websocket_connect(HTTPRequest(url, headers=dict(self.http.headers)))
        message_id = uuid.uuid4().hex
        content = {"code": "1+1", "silent": False, "store_history": False, "allow_stdin": False}
        header = {"msg_id": message_id, "msg_type": "execute_request", "version": "5.3"}
        header |= {"session": message_id, "username": "", "date": ""}
        await socket.write_message(
            json.dumps(
                {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}}
                | {"content": content, "buffers": []}
            )
        )
        while (text := await socket.read_message()) is not None:
            message = json.loads(text)
            ours = message["parent_header"].get("msg_id") == message_id
            if ours and message["msg_type"] == "execute_reply":
                socket.close()
                if message["content"]["status"] == "ok":
                    return
                raise SmokeError(f"its kernel could not run 1+1: {message['content']}")
        raise SmokeError("the connection to its kernel was cut.")

    async def _stop(self) -> None:
        """Stops the test's server, whatever it is doing, and waits until it is gone."""
        deadline = time.monotonic() + STOP_LIMIT_S
        while time.monotonic() < deadline:
            async with self.http.delete(f"{self.user}/server") as answer:
                status, text = answer.status, await _said(answer)
            if status in (204, 404):
                return
            if status not in (202, 400):  # 400: a start or stop is under way
                raise SmokeError(f"its server could not be stopped: {text}")
            await asyncio.sleep(0.3)
        raise SmokeError(f"its server did not stop in {STOP_LIMIT_S} s.")

    async def _call(self, method: str, url: str, **more: Any) -> Any:
        async with self.http.request(method, url, **more) as answer:
            if answer.status >= 400:
                raise SmokeError(await _said(answer))
            text = await answer.text()
            return json.loads(text) if text else None

    def _log(self) -> str:
        """The end of the server's log, if its container is still there."""
        try:
            log = docker.APIClient(version="auto").logs(self.container, tail=LOG_LINES)
        except DockerException:
            return ""  # already gone, and its log with what the hub said
        return f"The end of its log:\n{log.decode(errors='replace').rstrip()}"


async def _said(answer: aiohttp.ClientResponse) -> str:
    """The sentence in an error of JupyterHub's API, or what there is."""
    text = await answer.text()
    try:
        return json.loads(text)["message"]
    except (ValueError, KeyError, TypeError):
        return f"{answer.method} {answer.url} answered {answer.status}: {text[:200]}"
