"""What a member installs for JupyterLab: its server's half works after a restart, and none keeps a server from starting."""

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.access import at_work, server_of
from tests.support.deployment import Deployment
from tests.support.member import Member

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


@pytest.fixture
def grace(deployment: Deployment) -> Iterator[Member]:
    """Has a server, and nothing installed afterwards."""
    with at_work(deployment, "grace") as grace:
        yield grace
        grace.stop()
    shutil.rmtree(home(deployment) / ".local")


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


def test_one_that_ends_the_server_is_left_out_at_the_next_start(
    deployment: Deployment, grace: Member
) -> None:
    install(deployment, grace, 3, ENDS)
    grace.stop()
    with pytest.raises(AssertionError, match="stopped while it was starting"):
        grace.start()
    grace.start()
    assert "The last start of this server did not end" in log_of(deployment)
    install(deployment, grace, 4, WORKS)
    grace.stop()
    grace.start()
    assert grace.http.get(f"{grace.server}thing").text == "works"
