"""A member without a browser: signs in, starts a server, talks to a kernel over its websocket."""

import json
import ssl
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from http.cookiejar import CookieJar
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from websockets.sync.client import ClientConnection, connect

# A server answers the websocket of a kernel that has only just been started when the kernel has answered its
# first request; after 60 s without (its `kernel_info_timeout`) it answers all the same.
KERNEL_ANSWERS_S = 65


class Refused(Exception):
    """The hub did not let the member in; the message is its page."""


class Member:
    """`name` at the hub of `url` ("http://…/core/"); `trust`: whom to believe, of an https hub."""

    def __init__(self, url: str, name: str, trust: ssl.SSLContext | None = None):
        self.hub = url
        self.name = name
        self.server = f"{url}user/{name}/"
        self.trust = trust
        self.http = self._client()
        self._prefix = urlsplit(url).path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def _client(self, cookies: CookieJar | None = None) -> httpx.Client:
        return httpx.Client(
            follow_redirects=True, timeout=60, verify=self.trust or True, cookies=cookies
        )

    def reconnect(self) -> None:
        """A new connection, with the same cookies."""
        self.http.close()
        self.http = self._client(self.http.cookies.jar)

    def sign_in(self, password: str) -> Self:
        """Raises Refused with the page that says why."""
        # Without `next`, a hub with nothing to choose starts the server at once.
        login = f"{self.hub}hub/login?next={urlsplit(self.hub).path}hub/home"
        self.http.get(login)
        answer = self.http.post(
            login,
            data={"username": self.name, "password": password, "_xsrf": self._xsrf_of_hub},
        )
        if answer.status_code >= 400 or "/hub/login" in str(answer.url):
            raise Refused(answer.text)
        return self

    def start(self, timeout: float = 300, options: dict[str, str] | None = None) -> float:
        """Seconds until the server answers; raises AssertionError with the last event if it fails, or with the page
        of a start that had failed before anybody asked for its events."""
        began = time.monotonic()
        self.ask_for_server(options)
        progress = f"{self.hub}hub/api/users/{self.name}/server/progress"
        with self.http.stream("GET", progress, timeout=timeout) as events:
            event = {}
            for line in events.iter_lines():
                if line.startswith("data:"):
                    event = json.loads(line.removeprefix("data:"))
                if event.get("ready"):
                    break
                assert not event.get("failed"), event
        seconds = time.monotonic() - began
        # The server's own sign-in, by the hub's OAuth.
        page = self.http.get(f"{self.server}lab")
        assert page.status_code == 200, unescape(page.text)
        return seconds

    def ask_hub(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """What the hub's API answers, e.g. to ("GET", "users")."""
        return self.http.request(
            method, f"{self.hub}hub/api/{path}", json=body, headers=self._hub_headers()
        )

    def ask_for_server(self, options: dict[str, str] | None = None) -> None:
        deadline = time.monotonic() + 60
        while True:
            answer = self.ask_hub("POST", f"users/{self.name}/server", options)
            if "is pending stop" not in answer.text or time.monotonic() > deadline:
                break
            time.sleep(0.2)  # the hub names no server any more, and is not done with its stop
        assert answer.status_code in (201, 202), answer.text

    def new_token(self) -> str:
        """For scripts."""
        return self.ask_hub("POST", f"users/{self.name}/tokens").json()["token"]

    def stop(self) -> None:
        """Waits until the server is gone."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            answer = self.ask_hub("DELETE", f"users/{self.name}/server")
            if answer.status_code in (204, 404):
                return
            assert answer.status_code == 202, answer.text
            time.sleep(0.2)
        raise AssertionError("the server did not stop")

    def kernel(self) -> "Kernel":
        answer = self.http.post(
            f"{self.server}api/kernels", headers=self.server_headers, json={"path": ""}
        )
        assert answer.status_code == 201, answer.text
        return Kernel(self, answer.json()["id"])

    def type_in_terminal(self, command: str) -> None:
        """In a new one, whose page is closed once its shell has begun with it."""
        made = self.http.post(f"{self.server}api/terminals", headers=self.server_headers)
        with self.websocket(f"terminals/websocket/{made.json()['name']}", 10) as socket:
            said = ""
            while not said:  # its shell's prompt
                said = _shown(socket)
            # Of what is typed, the terminal itself shows all but the word that only the shell makes of it.
            socket.send(json.dumps(["stdin", f"echo be''gun; {command}\r"]))
            while "begun" not in said:
                said += _shown(socket)

    def websocket(self, path: str, timeout: float) -> ClientConnection:
        """One of the server's, to be closed after use."""
        cookies = "; ".join(
            f"{cookie.name}={cookie.value}"
            for cookie in self.http.cookies.jar
            if urlsplit(self.server).path.startswith(cookie.path)
        )
        return connect(
            f"ws{self.server.removeprefix('http')}{path}",
            additional_headers={"Cookie": cookies},
            open_timeout=timeout,
            max_size=None,
            ssl=self.trust,
        )

    def _hub_headers(self) -> dict[str, str]:
        return {"X-XSRFToken": self._xsrf_of_hub}

    @property
    def server_headers(self) -> dict[str, str]:
        return {"X-XSRFToken": self._xsrf(urlsplit(self.server).path)}

    @property
    def _xsrf_of_hub(self) -> str:
        return self._xsrf(f"{self._prefix}hub/")

    def _xsrf(self, path: str) -> str:
        return next(
            c.value or "" for c in self.http.cookies.jar if c.name == "_xsrf" and c.path == path
        )


class Kernel:
    """A running kernel; it outlives the connection it is asked over."""

    def __init__(self, member: Member, kernel: str):
        self.member, self._kernel = member, kernel

    def run(self, code: str) -> str:
        """What `code` prints, over a connection of its own."""
        with self.connected() as connection:
            return connection.run(code)

    @contextmanager
    def connected(self) -> Iterator["Connection"]:
        """One websocket, as an open page holds it."""
        path = f"api/kernels/{self._kernel}/channels"
        with self.member.websocket(path, KERNEL_ANSWERS_S) as socket:
            yield Connection(socket)


def _shown(terminal: ClientConnection) -> str:
    """What comes next of it; empty if that is nothing to be seen."""
    kind, *text = json.loads(terminal.recv(timeout=60))
    return text[0] if kind == "stdout" else ""


def keeps_its_variables(kernel: Kernel) -> bool:
    """Whether it is the one that was told `kept`."""
    return kernel.run("print(kept)") == "42"


class Connection:
    def __init__(self, socket: ClientConnection):
        self._socket = socket

    def begin(self, code: str, file: str = "") -> str:
        """Has `code` run, without a look at what comes of it; returns the request's id."""
        session = uuid.uuid4().hex
        message = {
            "header": {
                "msg_id": session, "username": "", "session": session, "msg_type": "execute_request",
                "version": "5.3",
            },
            "parent_header": {}, "metadata": {"file": file}, "channel": "shell", "buffers": [],
            "content": {"code": code, "silent": False, "store_history": False,
                        "user_expressions": {}, "allow_stdin": False},
        }  # fmt: skip
        self._socket.send(json.dumps(message))
        return session

    def run(self, code: str, timeout: float = 60, file: str = "") -> str:
        """What `code` prints, which a `file` comes with; raises ConnectionClosed if somebody has cut the websocket."""
        session = self.begin(code, file)
        printed = ""
        while True:
            reply = json.loads(self._socket.recv(timeout=timeout))
            if reply["parent_header"].get("msg_id") != session:
                continue
            if reply["msg_type"] == "stream":
                printed += reply["content"]["text"]
            elif reply["msg_type"] == "error":
                raise AssertionError(reply["content"]["evalue"])
            elif reply["msg_type"] == "status" and reply["content"]["execution_state"] == "idle":
                return printed.strip()
