"""The plain way: JupyterHub with DockerSpawner and configurable-http-proxy as their manuals set them up."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
from docker.errors import APIError
from docker.models.containers import Container

from tests.support import run
from tests.support.deployment import Deployment
from tests.support.waiting import eventually

CONFIG = """\
c.JupyterHub.bind_url = "http://0.0.0.0:8000/"
c.JupyterHub.hub_bind_url = "http://0.0.0.0:8081"
c.JupyterHub.hub_connect_url = "http://hub:8081"
c.JupyterHub.db_url = "sqlite://"
c.JupyterHub.cookie_secret_file = "/tmp/cookie_secret"
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = "{token}"
c.Authenticator.allow_all = True
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = "http://proxy:8001"
c.ConfigurableHTTPProxy.auth_token = "{token}"
c.JupyterHub.spawner_class = "docker"
c.DockerSpawner.image = "{image}"
c.DockerSpawner.cmd = ["jupyterhub-singleuser"]
c.DockerSpawner.pull_policy = "never"
c.DockerSpawner.network_name = "{name}"
c.DockerSpawner.use_internal_ip = True
c.DockerSpawner.prefix = "{name}"
c.DockerSpawner.remove = True
c.DockerSpawner.default_url = "/lab"
c.DockerSpawner.mem_limit = "1G"
c.DockerSpawner.cpu_limit = 2
"""


@contextmanager
def plain_hub(deployment: Deployment, directory: Path, image: str) -> Iterator[tuple[str, str]]:
    """Its address and everybody's password."""
    engine, name, token = deployment.engine, run.named("plain"), secrets.token_hex(16)
    directory.mkdir()
    config, password = directory / "jupyterhub_config.py", directory / "token"
    config.write_text(CONFIG.format(token=token, name=name, image=image))
    password.write_text(token)
    for path in (directory, config, password):
        path.chmod(0o755)
    network = engine.networks.create(name)

    def start(role: str, **options: Any) -> Container:
        container = engine.containers.create(
            deployment.container(role).attrs["Image"], name=f"{name}-{role}", **options
        )  # fmt: skip
        network.connect(container, aliases=[role])
        container.start()
        return container

    try:
        proxy = start(
            "proxy",
            ports={"8000/tcp": ("127.0.0.1", None)},
            volumes=[f"{password}:/run/secrets/proxy_token:ro"],
        )
        start(
            "hub",
            command=["jupyterhub", "-f", "/srv/jupyterhub_config.py"],
            user="0",
            working_dir="/tmp",
            volumes=[
                f"{config}:/srv/jupyterhub_config.py:ro",
                "/var/run/docker.sock:/var/run/docker.sock",
            ],
        )
        proxy.reload()
        url = f"http://127.0.0.1:{_published(proxy)}/"
        eventually(lambda: httpx.get(f"{url}hub/login").status_code == 200)
        yield url, token
    finally:

        def left() -> list[Container]:
            return engine.containers.list(all=True, ignore_removed=True, filters={"name": name})

        for container in left():
            with suppress(APIError):  # of a server that is just being removed
                container.remove(force=True, v=True)
        eventually(lambda: not left())
        network.remove()


def _published(proxy: Container) -> str:
    ports: dict[str, Any] = proxy.ports
    return ports["8000/tcp"][0]["HostPort"]
