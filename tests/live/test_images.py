"""The images as the hub runs them: an unnamed uid, no capabilities, files only where mounted."""

import json
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import httpx
import pytest
from docker.models.containers import Container

from cyberhubs.ops.engine import run_inside
from tests.support.images import built

pytestmark = pytest.mark.timeout(900)

UID = 12345
TOKEN = "5f2d8c0e7b1a4936"
SCIENCE = "numpy scipy matplotlib.pyplot pandas sympy h5py astropy.units ipympl ipywidgets tqdm"

HOME = "/home/user"
OFFLINE = ("env", "PIP_NO_INDEX=1", f"PIP_FIND_LINKS={HOME}")

Start = Callable[..., Container]


@pytest.fixture(scope="module")
def images() -> dict[str, str]:
    """Ids by name."""
    return built()


@pytest.fixture(scope="module")
def start(images: dict[str, str]) -> Iterator[Start]:
    """Starts a container of the named image; all of them are removed at the end."""
    started: list[Container] = []

    def run(image: str, command: list[str] | None = None, **options: Any) -> Container:
        container = docker.from_env().containers.run(
            images[image],
            command,
            detach=True,
            init=True,
            user=f"{UID}:{UID}",
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            **options,
        )
        started.append(container)
        return container

    yield run
    for container in started:
        container.remove(force=True, v=True)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("home")
    directory.chmod(0o777)
    return directory


@pytest.fixture(scope="module")
def corehub(start: Start, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Container:
    """JupyterLab without a hub, its port published on loopback."""
    passwd = tmp_path_factory.mktemp("etc") / "passwd"
    passwd.write_text(f"user:x:{UID}:{UID}::/home/user:/bin/bash\n")
    return start(
        "corehub",
        ["jupyter", "lab", "--ip=0.0.0.0", f"--IdentityProvider.token={TOKEN}"],
        ports={"8888/tcp": ("127.0.0.1", None)},
        volumes=[f"{passwd}:/etc/passwd:ro", f"{home}:{HOME}"],
    )


@pytest.fixture(scope="module")
def proxy(start: Start, token_file: Path) -> Container:
    return start(
        "proxy",
        read_only=True,
        ports={"8000/tcp": ("127.0.0.1", None), "8001/tcp": ("127.0.0.1", None)},
        volumes=[f"{token_file}:/run/secrets/proxy_token:ro"],
    )


@pytest.fixture(scope="module")
def token_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("secrets") / "proxy_token"
    file.write_text(TOKEN)
    file.chmod(0o444)
    return file


def run(container: Container, *command: str) -> str:
    code, said = run_inside(container, *command)
    assert code == 0, said
    return said.strip()


def get(container: Container, port: int, path: str, **headers: str) -> httpx.Response:
    """The answer, once the server listens."""
    deadline = time.monotonic() + 30
    while True:
        try:
            container.reload()
            ports: dict[str, Any] = container.ports
            published = ports[f"{port}/tcp"][0]["HostPort"]
            return httpx.get(f"http://127.0.0.1:{published}{path}", headers=headers)
        except (httpx.TransportError, KeyError, IndexError):
            if time.monotonic() > deadline:
                raise AssertionError(container.logs().decode()) from None
            time.sleep(0.1)


def leave_behind(corehub: Container, base: str) -> None:
    """What remains of `pip install thing` by Python 3.11."""
    info = f"{base}/lib/python3.11/site-packages/thing-1.0.dist-info"
    run(corehub, "sh", "-c", f"mkdir -p {info} && touch {info}/REQUESTED")


def add_wheel(directory: Path) -> None:
    """The package `thing` for any Python."""
    info = "thing-2.0.dist-info"
    with zipfile.ZipFile(directory / "thing-2.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("thing.py", "")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: thing\nVersion: 2.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n")
        wheel.writestr(f"{info}/RECORD", "")


def test_corehub_is_user_and_files_belong_to_the_uid(corehub: Container, home: Path):
    assert run(corehub, "whoami") == "user"
    run(corehub, "touch", "/home/user/mine", "/home/user/.gitconfig")
    assert (home / "mine").stat().st_uid == UID


def test_corehub_has_the_scientific_basics(corehub: Container):
    imports = "; ".join(f"import {name}" for name in SCIENCE.split())
    run(corehub, "python", "-c", imports)
    run(corehub, "pip", "check")


def test_corehub_compiles_in_a_login_shell(corehub: Container):
    """JupyterLab's terminals are login shells."""
    program = (
        "cd /tmp && echo 'int main() { return 0; }' >a.c && gcc a.c && ./a.out && which python"
    )
    assert run(corehub, "bash", "-lc", program) == "/usr/bin/python"


def test_corehub_has_both_interfaces_and_kernels(corehub: Container):
    login = {"Authorization": f"token {TOKEN}"}
    lab = get(corehub, 8888, "/lab", **login)
    assert lab.status_code == 200
    assert "@jupyterlab/apputils-extension:announcements" in lab.text  # among the disabled ones
    assert get(corehub, 8888, "/tree", **login).status_code == 200
    assert get(corehub, 8888, "/api/terminals", **login).json() == []
    kernels = get(corehub, 8888, "/api/kernelspecs", **login).json()["kernelspecs"]
    assert set(kernels) == {"python3", "bash"}


def test_corehub_offers_those_exports_that_work(corehub: Container, home: Path):
    login = {"Authorization": f"token {TOKEN}"}
    markdown = {"cell_type": "markdown", "metadata": {}, "source": "# Light\n$c^2$"}
    code = {
        **{"cell_type": "code", "metadata": {}, "source": "print(42)", "execution_count": 1},
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "42\n"}],
    }
    notebook = {"cells": [markdown, code], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    (home / "light.ipynb").write_text(json.dumps(notebook))
    offered = get(corehub, 8888, "/api/nbconvert", **login).json()
    assert {"html", "markdown", "script", "slides"} <= offered.keys()
    for name in offered:
        answer = get(corehub, 8888, f"/nbconvert/{name}/light.ipynb", **login)
        assert (name, answer.status_code) == (name, 200)


def test_a_members_package_is_kept_and_cannot_break_the_server(corehub: Container, home: Path):
    directory = run(corehub, "python", "-m", "site", "--user-site")
    assert directory.startswith("/home/user/.local/")
    broken = f"mkdir -p {directory} && echo 'raise SystemExit(7)' >{directory}/tornado.py"
    run(corehub, "sh", "-c", broken)
    assert corehub.exec_run(["python", "-c", "import tornado"])[0] == 7
    assert corehub.exec_run(["jupyter", "lab", "--version"])[0] == 0
    for file in home.rglob("tornado.py"):
        file.unlink()


def test_a_members_packages_for_another_python_are_named_and_installed_again(
    corehub: Container, home: Path
):
    add_wheel(home)
    leave_behind(corehub, f"{HOME}/.local")
    for command in (["ipython", "-c", "import thing"], ["bash", "-lic", "true"]):
        assert "for Python 3.11 only: thing." in run_inside(corehub, *command)[1]
    run(corehub, *OFFLINE, "reinstall-packages")
    run(corehub, "ipython", "-c", "import thing")
    assert "thing" not in run(corehub, "bash", "-lic", "true")


def test_a_members_environment_of_another_python_is_mended(corehub: Container, home: Path):
    add_wheel(home)
    venv = f"{HOME}/project/.venv"
    run(corehub, "python", "-m", "venv", "--without-pip", venv)
    run(corehub, "sh", "-c", f"mv {venv}/lib/python3.* {venv}/lib/python3.11")
    leave_behind(corehub, venv)
    assert f"`reinstall-packages {venv}`" in run(corehub, "reinstall-packages", "--notice")
    run(corehub, *OFFLINE, "reinstall-packages", venv)
    run(corehub, f"{venv}/bin/python", "-c", "import thing")
    assert run(corehub, "reinstall-packages", "--notice") == ""


def test_multiuser_runs_read_only(start: Start):
    container = start(
        "multiuser", ["sleep", "600"], read_only=True, tmpfs={"/tmp": ""}, network_mode="none"
    )
    run(container, "pip", "check")
    assert run(container, "jupyterhub", "--version") == "6.1.1"
    run(
        container,
        "python",
        "-c",
        "import cyberhubs_hub.shared.config, dockerspawner, oauthenticator.github",
    )
    run(container, "which", "cyberhubs-smoke", "http-ok")


def test_proxy_answers_only_with_the_token(proxy: Container):
    assert get(proxy, 8001, "/api/routes").status_code == 403
    assert get(proxy, 8001, "/api/routes", Authorization=f"token {TOKEN}").json() == {}


def test_proxy_is_healthy_and_explains_itself(proxy: Container):
    answer = get(proxy, 8000, "/core/")
    assert answer.status_code == 404
    assert "This hub is restarting" in answer.text
    run(proxy, "http-ok", "8000", "/_chp_healthz")
    assert proxy.exec_run(["http-ok", "8000", "/core/"])[0] != 0


def test_proxy_token_shows_nowhere(proxy: Container):
    get(proxy, 8000, "/")
    proxy.reload()
    shown = json.dumps(proxy.attrs) + json.dumps(proxy.top()) + proxy.logs().decode()
    assert TOKEN not in shown


def test_proxy_refuses_an_empty_token(start: Start, tmp_path: Path):
    empty = tmp_path / "proxy_token"
    empty.touch()
    container = start("proxy", volumes=[f"{empty}:/run/secrets/proxy_token:ro"])
    assert container.wait(timeout=30)["StatusCode"] == 1
    assert b"proxy_token is empty" in container.logs()
