"""The little of Docker's HTTP API that installing needs, without Docker's command line tool."""

import errno
import http.client
import json
import os
import socket
import ssl
import urllib.parse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from .errors import InstallError

DEFAULT_HOST = "unix:///var/run/docker.sock"


def address() -> str:
    return os.environ.get("DOCKER_HOST") or DEFAULT_HOST


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def get(path: str, timeout: float = 10.0) -> Any:
    """The parsed answer; OSError when the engine does not answer, LookupError when it has none."""
    connection = _connection(timeout)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        content = response.read()
        if response.status == 404:
            raise LookupError(path)
        if response.status != 200:
            raise _refused(json.loads(content).get("message", path))
        return json.loads(content)
    except (http.client.HTTPException, ValueError) as error:
        raise OSError(f"no Docker engine at {address()}") from error
    finally:
        connection.close()


def post(
    path: str,
    body: Iterable[bytes] | None = None,
    progress: Callable[[dict[str, Any]], None] = lambda message: None,
    timeout: float = 120.0,
) -> None:
    """Posts, and gives each message of the answer to `progress`.

    OSError for what the engine refuses or fails at, and when it is silent for `timeout` seconds.
    """
    connection = _connection(timeout)
    try:
        chunked = body is not None
        headers = {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": "0"}
        connection.request("POST", path, body=body, headers=headers, encode_chunked=chunked)
        response = connection.getresponse()
        if response.status >= 400:
            raise _refused(json.loads(response.read()).get("message", path))
        for line in response:
            if line.strip():
                message = json.loads(line)
                if "error" in message:
                    raise _refused(message["error"])
                progress(message)
    except http.client.HTTPException as error:
        raise OSError(f"Docker stopped answering ({error})") from error
    finally:
        connection.close()


def _refused(message: str) -> OSError:
    if "no space left on device" in message.lower():
        return OSError(errno.ENOSPC, message, "Docker's data folder")
    return OSError(message)


def _connection(timeout: float) -> http.client.HTTPConnection:
    url = urllib.parse.urlsplit(address())
    if url.scheme == "unix":
        return _UnixConnection(url.path, timeout)
    if url.scheme in ("tcp", "http", "https") and url.hostname:
        if url.scheme == "https" or os.environ.get("DOCKER_TLS_VERIFY"):
            return http.client.HTTPSConnection(
                url.hostname, url.port or 2376, timeout=timeout, context=_tls()
            )
        return http.client.HTTPConnection(url.hostname, url.port or 2375, timeout=timeout)
    raise InstallError(
        f"DOCKER_HOST={address()} is not an address of the kind unix:// or tcp://: set it to one, "
        "or unset it to use this machine's own engine."
    )


def _tls() -> ssl.SSLContext:
    folder = Path(os.environ.get("DOCKER_CERT_PATH") or "~/.docker").expanduser()
    context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context
