"""A visitor without an account, who speaks HTTP as badly as it may be spoken. Loopback only."""

import socket
from contextlib import suppress
from urllib.parse import urlsplit

CHUNK = bytes(2**16)
LATE_S = 60


class Stranger:
    """At the door of `url` ("http://127.0.0.1:…/"), without TLS."""

    def __init__(self, url: str):
        address = urlsplit(url)
        assert address.scheme == "http" and address.hostname == "127.0.0.1"
        self._address = (address.hostname, address.port or 80)

    def connect(self) -> socket.socket:
        return socket.create_connection(self._address, LATE_S)

    def head(self, method: str, path: str, **headers: str) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self._address[1]}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode()

    def ask(self, method: str, path: str, **headers: str) -> str:
        """All that is answered, or an empty text where the connection is cut."""
        return self.send(self.head(method, path, Connection="close", **headers), 0)

    def send(self, head: bytes, size: int, *, chunked: bool = False) -> str:
        """A head, and a body of `size` bytes for as long as it is taken; what is answered."""
        with self.connect() as connection:
            with suppress(ConnectionError):
                connection.sendall(head)
                for _ in range(0, size, len(CHUNK)):
                    connection.sendall(b"10000\r\n%b\r\n" % CHUNK if chunked else CHUNK)
                if chunked:
                    connection.sendall(b"0\r\n\r\n")
            answer = b""
            with suppress(ConnectionError):
                while part := connection.recv(2**16):
                    answer += part
            return answer.decode(errors="replace")
