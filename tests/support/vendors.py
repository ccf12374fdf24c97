"""A server that has vendors' files where the vendors have them, each host below its name."""

import http.server
import io
import tarfile
import threading
from collections.abc import Mapping
from typing import Self


class Vendors(http.server.ThreadingHTTPServer):
    """`files` and the others are by address, without its https://."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.refused: dict[str, int] = {}  # with which status; 404 is for what is no file
        self.stops: set[str] = set()  # answers end half way
        self.resumed: list[str] = []  # from which byte

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def here(self, url: str) -> str:
        """Where the address of a vendor is on this server."""
        return url.replace("https://", f"http://127.0.0.1:{self.server_port}/")


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Vendors

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        address = self.path.removeprefix("/")
        content = self.server.files.get(address)
        status = self.server.refused.get(address, 200 if content is not None else 404)
        if status != 200 or content is None:
            self.send_error(status)
            return
        start = 0
        if wanted := self.headers.get("Range"):
            self.server.resumed.append(wanted)
            start, status = int(wanted.removeprefix("bytes=").removesuffix("-")), 206
        self.send_response(status)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        if body:
            end = len(content) // 2 if address in self.server.stops else len(content)
            self.wfile.write(content[start:end])

    def log_message(self, format: str, *args: object) -> None:
        pass


def archive(programs: Mapping[str, str]) -> bytes:
    """A .tar.gz of scripts."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, script in programs.items():
            content = f"#!/bin/sh\n{script}\n".encode()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
