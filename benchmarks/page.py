"""JupyterLab's page on a class's line, from the sign-in until a notebook can be opened, beside the plain way:
JupyterHub with DockerSpawner and configurable-http-proxy as their manuals set them up, and the same
application. Both are visited twice by the same browser."""

import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from docker.models.containers import Container
from playwright.sync_api import Browser

from benchmarks.report import progress, show
from tests.support import run
from tests.support.browser import LIMIT_MS, chromium, wait_for_lab
from tests.support.deployment import Deployment
from tests.support.member import Member
from tests.support.traffic import Traffic
from tests.support.waiting import eventually

RUNS = 5
QUIET_MS = 2000  # after which all is loaded

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


def measure_page(deployment: Deployment, directory: Path) -> None:
    progress("measuring the first page, and that of the plain way")
    with _plain_hub(deployment, directory) as (plain, password), chromium() as browser:
        ways = [(deployment.url, deployment.password), (plain, password)]
        visits = [[_visits(browser, *way, f"page{n}") for way in ways] for n in range(RUNS)]
    for number, which in enumerate(("first", "second")):
        ours, theirs = (
            [seconds[number] for seconds, _ in way] for way in zip(*visits, strict=True)
        )
        show(f"{which} page, slow line", ours, against=theirs, beside="the plain way's")
        ours, theirs = (traffic[number] for _, traffic in visits[-1])
        print(f"{f'{which} page loads':34} {ours}   the plain way's {theirs}", flush=True)


def _visits(browser: Browser, url: str, password: str, name: str) -> tuple[list[float], list[str]]:
    """Seconds of a first visit and of a second one, and what they load."""
    with browser.new_context() as context:
        page = context.new_page()
        traffic = Traffic(page, slow=True)
        seconds, loaded = [], []
        page.goto(f"{url}hub/login")
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password").fill(password)
        for go in (page.get_by_role("button", name="Sign in").click, page.reload):
            traffic.forget()
            began = time.monotonic()
            go()
            wait_for_lab(page, name)
            page.get_by_role("button", name="Python 3").first.wait_for(timeout=LIMIT_MS)
            seconds.append(time.monotonic() - began)
            page.wait_for_timeout(QUIET_MS)
            loaded.append(f"{traffic.bytes / 1e6:.2f} MB in {len(traffic.loaded)} requests")
    with Member(url, name) as member:
        member.sign_in(password).stop()
    return seconds, loaded


@contextmanager
def _plain_hub(deployment: Deployment, directory: Path) -> Iterator[tuple[str, str]]:
    """Its address and everybody's password."""
    engine, name, token = deployment.engine, run.named("plain"), secrets.token_hex(16)
    menu = json.loads((deployment.data / "hubs/core/live/applications.json").read_text())
    directory.mkdir()
    config, password = directory / "jupyterhub_config.py", directory / "token"
    config.write_text(CONFIG.format(token=token, name=name, image=menu[0]["image"]))
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
        for container in engine.containers.list(
            all=True, ignore_removed=True, filters={"name": name}
        ):
            container.remove(force=True, v=True)
        network.remove()


def _published(proxy: Container) -> str:
    ports: dict[str, Any] = proxy.ports
    return ports["8000/tcp"][0]["HostPort"]
