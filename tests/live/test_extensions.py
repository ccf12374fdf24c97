"""What a member installs or sets for JupyterLab: an extension's server's half works after a restart, and nothing keeps a
server from starting twice."""

import json
import shutil
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.access import at_work, server_of
from tests.support.deployment import Deployment
from tests.support.member import Member
from tests.support.waiting import eventually

WORKS = """
from jupyter_server.base.handlers import APIHandler

class Thing(APIHandler):
    def get(self):
        self.finish("works")

def _jupyter_server_extension_points():
    return [{"module": "thing"}]

def _load_jupyter_server_extension(app):
    app.web_app.add_handlers(".*", [(app.base_url + "thing", Thing)])
"""
RAISES = "raise RuntimeError('it cannot be loaded')"
ENDS = "import os; os._exit(7)"
STARTS = f"""{WORKS}
import asyncio, os, time

async def _start_jupyter_server_extension(app):
    print("thing starts", flush=True)
    """
ENDS_THEN = f"{STARTS}os._exit(7)"
ENDS_AFTER_ITS_FIRST_ANSWER = f"{STARTS}await asyncio.sleep(2); os._exit(7)"
BLOCKS = f"{STARTS}time.sleep(10**6)"
SAYS = "your own extensions and Jupyter settings are left out"


@pytest.fixture
def grace(deployment: Deployment) -> Iterator[Member]:
    """Has a server, and nothing installed afterwards."""
    with at_work(deployment, "grace") as grace:
        yield grace
        grace.stop()
    shutil.rmtree(home(deployment) / ".local", ignore_errors=True)  # where nothing was installed


def home(deployment: Deployment) -> Path:
    return deployment.data / "jupyterhub_users/core/grace"


def install(deployment: Deployment, grace: Member, version: int, code: str) -> None:
    """By `pip install`, from a file in her home."""
    name, info = f"thing-{version}-py3-none-any.whl", f"thing-{version}.dist-info"
    settings = {"ServerApp": {"jpserver_extensions": {"thing": True}}}
    with zipfile.ZipFile(home(deployment) / name, "w") as wheel:
        wheel.writestr("thing.py", code)
        wheel.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: thing\nVersion: {version}\n"
        )
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n")
        folder = f"thing-{version}.data/data/etc/jupyter/jupyter_server_config.d"
        wheel.writestr(f"{folder}/thing.json", json.dumps(settings))
        wheel.writestr(f"{info}/RECORD", "")
    pip = f"['pip', 'install', '--no-index', '/home/user/{name}']"
    said = grace.kernel().run(f"import subprocess; print(subprocess.run({pip}).returncode)")
    assert said.endswith("0"), said


def log_of(deployment: Deployment) -> str:
    return deployment.engine.containers.get(server_of(deployment, "grace")).logs().decode()


@pytest.mark.slow
def test_an_extension_works_once_the_server_was_restarted(
    deployment: Deployment, grace: Member
) -> None:
    install(deployment, grace, 1, WORKS)
    for _ in range(2):
        grace.stop()
        grace.start()
        assert grace.http.get(f"{grace.server}thing").text == "works"


def test_one_that_cannot_be_loaded_keeps_no_server_from_starting(
    deployment: Deployment, grace: Member
) -> None:
    install(deployment, grace, 2, RAISES)
    grace.stop()
    grace.start()
    assert "it cannot be loaded" in log_of(deployment)


def kill_once_it_blocks(deployment: Deployment) -> None:
    eventually(lambda: "thing starts" in log_of(deployment))
    deployment.engine.containers.get(server_of(deployment, "grace")).kill()


def starts_without(deployment: Deployment, grace: Member) -> None:
    grace.start()
    assert "The last start of this server failed" in log_of(deployment)
    assert SAYS in grace.http.get(f"{grace.server}lab").text
    assert grace.http.get(f"{grace.server}thing").status_code == 404


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(ENDS, id="loaded"),
        pytest.param(ENDS_THEN, id="started", marks=pytest.mark.slow),
        pytest.param(BLOCKS, id="blocks", marks=pytest.mark.slow),
    ],
)
def test_one_that_keeps_the_server_from_starting_is_left_out_at_the_next_start(
    deployment: Deployment, grace: Member, code: str
) -> None:
    install(deployment, grace, 3, code)
    grace.stop()
    with ThreadPoolExecutor() as meanwhile:
        if code == BLOCKS:
            meanwhile.submit(kill_once_it_blocks, deployment)
        with pytest.raises(AssertionError, match="Started again, it does without"):
            grace.start()
    starts_without(deployment, grace)
    install(deployment, grace, 4, WORKS)
    grace.stop()
    grace.start()
    assert grace.http.get(f"{grace.server}thing").text == "works"
    assert SAYS not in grace.http.get(f"{grace.server}lab").text


@pytest.mark.slow
def test_one_that_ends_it_after_its_first_answer_is_left_out_too(
    deployment: Deployment, grace: Member
) -> None:
    install(deployment, grace, 5, ENDS_AFTER_ITS_FIRST_ANSWER)
    grace.stop()
    grace.ask_for_server()
    home_page = f"{deployment.url}user/grace/"
    eventually(lambda: "It failed within a minute" in grace.http.get(home_page).text)
    starts_without(deployment, grace)


@pytest.mark.slow
def test_settings_that_end_the_server_are_left_out_too(
    deployment: Deployment, grace: Member
) -> None:
    settings = home(deployment) / ".jupyter/jupyter_server_config.py"
    settings.write_text("raise SystemExit(1)\n")
    grace.stop()
    try:
        with pytest.raises(AssertionError, match="stopped while it was starting"):
            grace.start()
        grace.start()
        assert SAYS in grace.http.get(f"{grace.server}lab").text
        assert grace.kernel().run("print(6 * 7)") == "42"
    finally:
        settings.unlink()
    grace.stop()
    grace.start()
    assert SAYS not in grace.http.get(f"{grace.server}lab").text
