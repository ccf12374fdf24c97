"""Passes connections on to another server: all that it answers, or the beginning.

`python -m tests.support.relay PORT SOCKET`: from a port of the loopback to a socket in the file system, which is the
same in every network.
"""

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

ALL = 2**60


def serve(server: socket.socket, connect: Callable[[], socket.socket], after: int = ALL) -> None:
    """Until `server` is shut down. A client gets no more than `after` bytes, and then nothing."""
    with suppress(OSError):
        while True:
            near, far = server.accept()[0], connect()
            for one in ((near, far, ALL), (far, near, after)):
                threading.Thread(target=_pass_on, args=one, daemon=True).start()


@contextmanager
def serving(
    server: socket.socket, connect: Callable[[], socket.socket], after: int = ALL
) -> Iterator[None]:
    thread = threading.Thread(target=serve, args=(server, connect, after), daemon=True)
    with server:
        thread.start()
        yield
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


def _pass_on(source: socket.socket, sink: socket.socket, limit: int) -> None:
    with suppress(OSError):
        while limit > 0:
            data = source.recv(min(limit, 65536))
            if not data:
                sink.shutdown(socket.SHUT_WR)
                return
            sink.sendall(data)
            limit -= len(data)
        threading.Event().wait()  # holds the connection


def to_socket(path: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    return connection


if __name__ == "__main__":
    serve(socket.create_server(("127.0.0.1", int(sys.argv[1]))), lambda: to_socket(sys.argv[2]))
