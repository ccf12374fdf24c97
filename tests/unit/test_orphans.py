"""What is removed that a stack's state does not know, with an engine that answers as Docker's does."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pytest
from docker import DockerClient

from cyberhubs.names import STACK, DoorNames
from cyberhubs.ops.orphans import remove_networks

VERSION = "1.41"
OURS = {
    "Id": "ours",
    "Name": DoorNames("test").network,
    "Labels": {STACK: "test"},
    "Containers": {},
}
OTHERS = {"Id": "others", "Name": "others", "Labels": None, "Containers": {}}


class Engine(BaseHTTPRequestHandler):
    """With two networks when it is asked for all, of which the other one is gone by the next question."""

    asked: ClassVar[list[tuple[str, str]]]

    def do_GET(self) -> None:
        self._answer({"networks": [OURS, OTHERS], "networks/ours": OURS})

    def do_DELETE(self) -> None:
        self._answer({"networks/ours": None})

    def _answer(self, known: dict[str, Any]) -> None:
        path = self.path.partition("?")[0].removeprefix(f"/v{VERSION}/")
        self.asked.append((self.command, path))
        body = json.dumps(known.get(path, {"message": f"{path} not found"})).encode()
        self.send_response(200 if path in known else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def client() -> Iterator[DockerClient]:
    Engine.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Engine) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = DockerClient(f"tcp://127.0.0.1:{server.server_port}", version=VERSION)
        yield client
        client.close()
        server.shutdown()


def test_a_network_of_others_may_go_while_ours_are_looked_for(client: DockerClient) -> None:
    stack = SimpleNamespace(name="test", settings=SimpleNamespace(hubs=[]))
    remove_networks(client, cast(Any, stack), [])
    assert [path for method, path in Engine.asked if method == "DELETE"] == ["networks/ours"]
    assert all("others" not in path for _, path in Engine.asked)
