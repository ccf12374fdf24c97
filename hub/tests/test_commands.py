import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest
from cyberhubs_hub.shared.commands import frames, output
from docker import APIClient
from docker.errors import APIError

STARTED = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n"
REFUSED = b'HTTP/1.1 409 Conflict\r\nContent-Length: 27\r\n\r\n{"message":"It is paused."}'


@pytest.fixture
def engine(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[APIClient]:
    """An engine whose only answer comes at once, head and all, as it comes to a client that is late."""
    file = str(tmp_path / "socket")

    def answer() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(2**16)
            connection.sendall(request.param)

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(file)
        listening.listen()
        thread = Thread(target=answer)
        thread.start()
        with closing(APIClient(base_url=f"unix://{file}", version="1.41")) as client:
            yield client
        thread.join()


@pytest.mark.parametrize(
    "engine",
    [STARTED + b"\1\0\0\0\0\0\0\6said\n\n\2\0\0\0\0\0\0\4late"],
    indirect=True,
)
def test_what_comes_with_the_head_of_the_answer_is_not_lost(engine: APIClient):
    assert list(frames(engine, "run")) == [(1, b"said\n\n"), (2, b"late")]


@pytest.mark.parametrize("engine", [STARTED], indirect=True)
def test_a_command_may_print_nothing(engine: APIClient):
    assert output(engine, "run") == ""


@pytest.mark.parametrize("engine", [REFUSED], indirect=True)
def test_what_cannot_be_started_is_an_error_of_the_engine(engine: APIClient):
    with pytest.raises(APIError, match="It is paused"):
        output(engine, "run")
