"""Git repositories that repo2docker builds: of one commit, and what is said of those that it cannot build."""

import io
import json
import re
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from unittest.mock import Mock

import docker
import pytest
from docker.errors import ImageNotFound

from cyberhubs.images import build as program
from cyberhubs.images import repository
from cyberhubs.images.commands import build
from cyberhubs.paths import CHECKOUT
from cyberhubs.pins import BASE_IMAGE
from cyberhubs.progress import Report
from cyberhubs.settings.images import Images
from tests.support import progress, run
from tests.support.deployment import Deployment, running
from tests.support.git_host import GitHost, git_host
from tests.support.images import copy_jovyan
from tests.support.member import Member

NAME = f"{run.named('cyberhubs-repository')}:1"
COPIED = ("python3-login", "repo2docker-entrypoint")
NOWHERE = "1" * 40

STACK = """\
config:
  cyberhubs:host: {{kind: local, data: {{path: {data}}}}}
  cyberhubs:tls: {{mode: none, port: {port}}}
  cyberhubs:user: {{uid: 12345, gid: 12346}}
  cyberhubs:hubs:
    core:
      applications: [stars]
      login: {{kind: password}}
      access: {{allowed: [grace]}}
      limits: {{memory: 1G, cpus: 2, pids: 256}}
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHost]:
    with git_host(tmp_path_factory.mktemp("git")) as one:
        yield one


@pytest.fixture
def engine() -> Iterator[docker.DockerClient]:
    client = docker.from_env()
    yield client
    with suppress(ImageNotFound):
        client.images.remove(NAME, force=True)


def asked(url: str, commit: str) -> subprocess.CompletedProcess[str]:
    command = build(NAME, "--repository", url, commit)
    return subprocess.run(
        command,
        shell=True,
        cwd=CHECKOUT,
        input=json.dumps({"arguments": {}, "logins": {}}),
        capture_output=True,
        text=True,
    )


def test_it_is_built_of_the_commit_and_once(engine: docker.DockerClient, host: GitHost) -> None:
    commit = host.commit(
        {"Dockerfile": f"FROM {BASE_IMAGE}\nARG NB_USER\nRUN echo $NB_USER >/who\nCOPY . /srv/\n"}
    )
    host.commit({"Dockerfile": "FROM scratch\n", "later.txt": "later"})
    done = asked(host.url, commit)
    assert done.returncode == 0, done.stderr
    image = engine.images.get(NAME)
    assert done.stdout == f"{image.id}\n" and "building" in done.stderr
    assert image.labels["repo2docker.ref"] == commit
    said = engine.containers.run(image, ["sh", "-c", "cat /who; ls /srv"], remove=True)
    assert said == b"jovyan\nDockerfile\n"
    again = asked("http://127.0.0.1:1/gone.git", commit)
    assert (again.stdout, again.stderr) == (done.stdout, "")


def fails(url: str, commit: str) -> str:
    """What is said, after which there is no image."""
    done = asked(url, commit)
    assert done.returncode == 1 and done.stdout == "" and "Traceback" not in done.stderr
    assert not docker.from_env().images.list(NAME)
    return done.stderr


def test_a_host_that_does_not_answer() -> None:
    said = fails("http://127.0.0.1:1/stars.git", NOWHERE)
    assert "Getting http://127.0.0.1:1/stars.git failed. git said:" in said
    assert "Failed to connect to 127.0.0.1 port 1" in said


def test_no_such_repository(host: GitHost) -> None:
    assert "repository" in (said := fails(f"{host.url}.gone", NOWHERE)) and "not found" in said


def test_no_such_commit(host: GitHost) -> None:
    host.commit({"Dockerfile": f"FROM {BASE_IMAGE}\n"})
    said = fails(host.url, NOWHERE)
    assert f"{host.url} has no commit {NOWHERE}; `git ls-remote {host.url}` shows" in said


def test_no_environment(host: GitHost) -> None:
    commit = host.commit({"README": "Stars\n"})
    said = fails(host.url, commit)
    assert f"{host.url} says at {commit} of no environment: repo2docker has looked for" in said
    assert "Dockerfile, environment.yml, requirements.txt" in said


def test_what_repo2docker_does_not_understand(host: GitHost) -> None:
    commit = host.commit({"runtime.txt": "python-3-11"})
    said = fails(host.url, commit)
    assert "repo2docker does not understand" in said and "Invalid runtime.txt" in said


def test_a_build_that_fails_says_its_last_lines(host: GitHost) -> None:
    commit = host.commit({"Dockerfile": f"FROM {BASE_IMAGE}\nRUN echo the reason >&2; exit 4\n"})
    said = fails(host.url, commit)
    assert f"Building image {NAME} failed at Step " in said and "\n  the reason\n" in said


def test_what_an_engine_is_asked_needs_no_buildkit(host: GitHost) -> None:
    """Of an environment that is no Dockerfile: its base image is on Docker Hub."""
    commit = host.commit({"requirements.txt": "numpy\n", "stars.csv": "sirius\n"})
    client = Mock()
    client.info.return_value = {"Architecture": "x86_64"}
    client.api.build.return_value = []
    with Report(io.StringIO()).step("image") as step:
        repository.build(client, NAME, host.url, commit, {"https_proxy": "http://proxy:1"}, step)
    asked = client.api.build.call_args.kwargs
    assert asked["tag"] == NAME and asked["buildargs"]["https_proxy"] == "http://proxy:1"
    with tarfile.open(fileobj=asked["fileobj"]) as context:
        file = context.extractfile("Dockerfile")
        assert file
        text = file.read().decode()
        modes = {name: context.getmember(name).mode for name in COPIED}
    assert not re.search(r"--chmod|--mount|--link|<<", text)
    for name in COPIED:
        assert f"COPY /{name} /usr/local/bin/{name}" in text
    assert set(modes.values()) == {0o755}
    assert "repo2docker.ref" in text and commit in text


@pytest.mark.slow
def test_a_member_finds_what_is_in_it(
    host: GitHost, tmp_path: Path, engine: docker.DockerClient
) -> None:
    """Of an image as others make them, which its Dockerfile begins with."""
    context = tmp_path / "jovyan"
    copy_jovyan(context)
    base = f"{run.named('cyberhubs-jovyan')}:1"
    certificates = Images().site_certificates_pem()
    arguments = {"BASE_IMAGE": BASE_IMAGE, "SITE_CERTIFICATES": certificates}
    with progress.step(f"image {base}") as step:
        program.build(engine, base, context, "Dockerfile", arguments, step)
    large = "RUN head -c 80000000 /dev/zero >/home/jovyan/large"
    lines = f"FROM {base}\n{large}\nCOPY *.csv /home/jovyan/\n"
    stars = {"Dockerfile": lines, "stars.csv": "sirius\n", "moons.csv": "io\n"}
    stack = Deployment(tmp_path, "repository", STACK)
    offer(stack, host, stars)
    images = []
    with running(stack), Member(stack.url, "grace") as grace:
        grace.sign_in(stack.password).start()
        code = "import os; print(os.getuid(), os.getcwd(), open('stars.csv').read())"
        assert grace.kernel().run(code).split() == ["12345", "/home/jovyan", "sirius"]
        home = stack.data / "jupyterhub_users/core/grace"
        assert (home / "large").stat().st_size == 80_000_000
        images.append(json.loads(stack.menu)[0]["image"])

        (home / "moons.csv").unlink()
        (home / "stars.csv").write_text("mine\n")
        grace.stop()
        grace.start()
        assert not (home / "moons.csv").exists()

        offer(stack, host, stars | {"stars.csv": "vega\n", "planets.csv": "mars\n"})
        stack.ops("up")
        images.append(json.loads(stack.menu)[0]["image"])
        grace.stop()
        grace.start()
        assert (home / "planets.csv").read_text() == "mars\n"
        assert (home / "stars.csv").read_text() == "mine\n"
        grace.stop()
    for image in images:
        engine.images.remove(image, force=True)


def offer(stack: Deployment, host: GitHost, files: dict[str, str]) -> None:
    stars = {"repository": {"url": host.url, "commit": host.commit(files)}}
    stack.edit(lambda config: config.update({"cyberhubs:applications": {"stars": stars}}))
