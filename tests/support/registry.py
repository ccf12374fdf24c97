"""Debian's docker-registry, with a login, on the loopback of this machine; and servers that only look like one."""

import hashlib
import json
import re
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import docker
import httpx
from cyberhubs_hub.shared.images import pulled_name
from docker.errors import ImageNotFound

from cyberhubs.pins import BASE_IMAGE
from tests.support import relay, run
from tests.support.images import of_packages
from tests.support.processes import free_port
from tests.support.waiting import eventually

USER, PASSWORD = "ada", "correct-horse-battery"
CONFIG = "/etc/docker/registry"
DOCKERFILE = f"""
FROM {BASE_IMAGE}
COPY install-packages.sh /
RUN sh /install-packages.sh docker-registry apache2-utils && \\
    htpasswd -Bbc {CONFIG}/htpasswd {USER} {PASSWORD}
CMD ["docker-registry", "serve", "{CONFIG}/config.yml"]
"""
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


class Registry:
    """`name`: what its images' names begin with. An engine takes what is on the loopback without TLS."""

    def __init__(self) -> None:
        self._engine = docker.from_env()
        self.port = free_port()
        self.name = f"127.0.0.1:{self.port}"
        self._container = self._engine.containers.run(
            of_packages(self._engine, "registry", DOCKERFILE),
            name=run.named(f"registry-{self.port}"),
            detach=True,
            ports={"5000/tcp": ("127.0.0.1", self.port)},
        )
        self._answers()

    def _answers(self) -> None:
        eventually(lambda: httpx.get(f"http://{self.name}/v2/").status_code == 401)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        self._container.stop(timeout=1)
        try:
            yield
        finally:
            self._container.start()
            self._answers()

    def forget(self) -> None:
        """Removes it, and all names from the engine by which its images were pulled."""
        self._container.remove(force=True, v=True)
        for image in self._engine.images.list():
            names = [*image.tags, *image.attrs["RepoDigests"]]
            here = [name for name in names if name.startswith(f"{self.name}/")]
            pulled = {pulled_name("", name) for name in here}
            ours = [name for name in names if re.sub("/.*:", "/:", name) in pulled]
            for name in (*here, *ours):
                with suppress(ImageNotFound):  # its digest went with its tag
                    self._engine.images.remove(name)

    def offer(self, name: str, dockerfile: str) -> str:
        """Builds an image, and has it here alone. Answers its reference."""
        reference = f"{self.name}/{name}"
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "Dockerfile").write_text(dockerfile)
            self._engine.images.build(path=folder, tag=reference, rm=True, forcerm=True)
        login = {"username": USER, "password": PASSWORD}
        for line in self._engine.api.push(reference, stream=True, decode=True, auth_config=login):
            assert "error" not in line, line
        self._engine.images.remove(reference)
        return reference

    def offer_for(self, name: str, architecture: str) -> str:
        """An image without anything, for another kind of processor: this machine's engine makes none."""
        with httpx.Client(auth=(USER, PASSWORD), base_url=f"http://{self.name}/v2/{name}") as http:
            config = json.dumps(
                {"architecture": architecture, "os": "linux", "rootfs": {"type": "layers"}}
            ).encode()
            digest = f"sha256:{hashlib.sha256(config).hexdigest()}"
            place = http.post("/blobs/uploads/").headers["location"]
            assert http.put(f"{place}&digest={digest}", content=config).status_code == 201
            manifest = {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": {
                    "mediaType": "application/vnd.docker.container.image.v1+json",
                    "size": len(config),
                    "digest": digest,
                },
                "layers": [],
            }
            answer = http.put(
                "/manifests/1", content=json.dumps(manifest), headers={"Content-Type": MANIFEST}
            )
            assert answer.status_code == 201, answer.text
        return f"{self.name}/{name}:1"


@contextmanager
def silent(port: int) -> Iterator[None]:
    """A server that takes connections and says nothing."""
    held = []
    with socket.create_server(("127.0.0.1", port)) as server:

        def hold() -> None:
            with suppress(OSError):
                while True:
                    held.append(server.accept()[0])

        threading.Thread(target=hold, daemon=True).start()
        yield
        server.shutdown(socket.SHUT_RDWR)
    for connection in held:
        connection.close()


@contextmanager
def cut_off(port: int, after: int) -> Iterator[int]:
    """Another port for a server, on which each connection gets no more than so many bytes, and then nothing."""
    server = socket.create_server(("127.0.0.1", 0))
    with relay.serving(server, lambda: socket.create_connection(("127.0.0.1", port)), after):
        yield server.getsockname()[1]
