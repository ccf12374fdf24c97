"""Pulls from and pushes to registries by an engine; what stands in the way, in words.

`login`: what Docker's API takes ({"username": …, "password": …}); empty: none. It goes with the one request, or with the
builds of one client.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Any

from docker import DockerClient
from docker.errors import APIError
from docker.models.images import Image
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from cyberhubs.errors import UserError, disk_full
from cyberhubs.images.registry_names import DOCKER_HUB
from cyberhubs.progress import Step

SILENT_S = 120  # a registry that sends nothing for so long does not send any more
REFUSED = ("unauthorized", "denied", "authentication", "no basic auth", "forbidden")
MISSING = ("manifest unknown", "not found", "does not exist", "name unknown")


def pull(client: DockerClient, reference: str, login: Mapping[str, str], step: Step) -> Image:
    """Raises UserError."""
    name = (
        reference
        if "@" in reference or ":" in reference.rpartition("/")[2]
        else f"{reference}:latest"
    )
    with _in_words(f"Pulling {name}", login):
        for message in _heard(
            client.api.pull(name, stream=True, decode=True, auth_config=dict(login) or None)
        ):
            _take(message, step)
    return client.images.get(name)


def push(client: DockerClient, name: str, login: Mapping[str, str], step: Step) -> str:
    """Its digest ("sha256:…") there. Raises UserError."""
    digest = ""
    with _in_words(f"Pushing {name}", login):
        for message in _heard(
            client.api.push(name, stream=True, decode=True, auth_config=dict(login) or None)
        ):
            _take(message, step)
            digest = message.get("aux", {}).get("Digest", digest)
        if not digest:
            raise _RefusedError("the engine said no digest")
    return digest


def digest_of(client: DockerClient, name: str, login: Mapping[str, str]) -> str:
    """Of what a registry has under a name now. Raises UserError."""
    with _in_words(f"Asking for {name}", login):
        said = client.api.inspect_distribution(name, auth_config=dict(login) or None)
        return said["Descriptor"]["digest"]


def log_in(client: DockerClient, registry: str, login: Mapping[str, str]) -> None:
    """For the images that this client's builds begin with. Raises UserError."""
    with _in_words(f"Logging in to {registry}", login):
        client.login(**login, registry=None if registry == DOCKER_HUB else registry, reauth=True)


class _RefusedError(Exception):
    """What the engine says in the course of it."""


def _heard(messages: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each as it comes. Raises queue.Empty after SILENT_S without any: Docker's SDK waits for a pull for ever."""
    came: SimpleQueue[dict[str, Any] | Exception | None] = SimpleQueue()

    def listen() -> None:
        try:
            for message in messages:
                came.put(message)
            came.put(None)
        except Exception as error:
            came.put(error)

    threading.Thread(target=listen, daemon=True).start()
    while (message := came.get(timeout=SILENT_S)) is not None:
        if isinstance(message, Exception):
            raise message
        yield message


def _take(message: dict[str, Any], step: Step) -> None:
    if "error" in message:
        raise _RefusedError(message["error"])
    step.show(f"{message.get('status', '')} {message.get('id', '')} {message.get('progress', '')}")


@contextmanager
def _in_words(what: str, login: Mapping[str, str]) -> Iterator[None]:
    try:
        yield
    except (_RefusedError, APIError) as error:
        said = str(getattr(error, "explanation", None) or error)
        raise UserError(_reason(what, said, login)) from None
    except (Empty, RequestException, HTTPError):
        raise UserError(
            f"{what} stopped: nothing came for {SILENT_S} s. See that the registry answers, then run the same "
            "command again: what has come is kept."
        ) from None


def _reason(what: str, said: str, login: Mapping[str, str]) -> str:
    low = said.lower()
    if "no space left" in low:
        return f"{what}: {disk_full('the engine')}"
    if "no matching manifest" in low:
        return f"{what}: it is not made for this kind of processor ({said}). Name one that is."
    if any(word in low for word in MISSING):
        return (
            f"{what}: there is no such image, or it is not for everybody ({said}). See that the name is right, and that "
            "cyberhubs:registries has a login for its registry, if it wants one."
        )
    if any(word in low for word in REFUSED):
        if login:
            return (
                f"{what}: the registry refuses user {login['username']} of cyberhubs:registries ({said}). "
                "`make login` takes another password; see that the user may do this there."
            )
        return (
            f"{what}: the registry wants a login ({said}). `make login` takes one into the stack file, under "
            "cyberhubs:registries."
        )
    return f"{what} failed: {said}. See that the registry answers, then run the same command again."
