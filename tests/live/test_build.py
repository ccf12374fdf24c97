"""Building an image, as a stack's update does: what is seen of it, and what is left of one that fails."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import docker
import pytest
from docker.errors import ImageNotFound

from cyberhubs.images.build import build
from cyberhubs.images.build_messages import BuildError
from cyberhubs.paths import CHECKOUT
from cyberhubs.progress import Report
from cyberhubs.settings.images import Images
from tests.support import run

NAME = f"{run.named('cyberhubs-build')}:1"


@pytest.fixture
def engine() -> Iterator[docker.DockerClient]:
    client = docker.from_env()
    yield client
    with suppress(ImageNotFound):
        client.images.remove(NAME, force=True)


@pytest.fixture
def dockerfile(tmp_path: Path) -> Path:
    return tmp_path / "Dockerfile"


def asked(dockerfile: Path, *steps: str) -> subprocess.CompletedProcess[str]:
    dockerfile.write_text("\n".join(["ARG BASE_IMAGE", "FROM $BASE_IMAGE", *steps]))
    return subprocess.run(
        [sys.executable, "-m", "cyberhubs.images.build", NAME, str(dockerfile)],
        cwd=CHECKOUT,
        input=json.dumps(
            {"arguments": {"BASE_IMAGE": Images().base, "WORD": "cherry"}, "logins": {}}
        ),
        capture_output=True,
        text=True,
    )


def test_it_answers_the_id_and_builds_once(engine: docker.DockerClient, dockerfile: Path) -> None:
    steps = ("ARG WORD", "COPY images/proxy /context", "RUN echo $WORD > /word")
    first = asked(dockerfile, *steps)
    assert first.returncode == 0, first.stderr
    image = engine.images.get(NAME)
    assert first.stdout == f"{image.id}\n"
    assert "building" in first.stderr
    shown = engine.containers.run(image, ["cat", "/word"], remove=True)
    assert shown == b"cherry\n"
    again = asked(dockerfile, *steps)
    assert (again.stdout, again.stderr) == (first.stdout, "")


def test_its_steps_are_shown(engine: docker.DockerClient, dockerfile: Path) -> None:
    dockerfile.write_text(f"FROM {Images().base}\nRUN sleep 0.7; echo busy; sleep 0.7\n")
    shown = io.StringIO()
    with Report(shown, heartbeat_s=0.1).step("image") as step:
        build(engine, NAME, CHECKOUT, str(dockerfile), {}, step)
    assert "image: Step 2/2 : RUN sleep" in shown.getvalue()
    assert "image: Step 2/2: busy" in shown.getvalue()


def test_one_that_fails_says_where_and_why(engine: docker.DockerClient, dockerfile: Path) -> None:
    before = {container.id for container in engine.containers.list(all=True, ignore_removed=True)}
    failed = asked(dockerfile, "RUN printf 'the ' >&2; sleep 0.3; echo reason >&2; exit 4")
    assert failed.returncode == 1 and failed.stdout == ""
    assert f"Building image {NAME} failed at Step 3/3 : RUN printf" in failed.stderr
    assert "returned a non-zero code: 4" in failed.stderr
    assert "\n  the reason\n" in failed.stderr
    assert failed.stderr.endswith("Fix that, then run the same command again.\n")
    assert not engine.images.list(NAME)
    after = engine.containers.list(all=True, ignore_removed=True)
    assert not [c for c in after if c.id not in before and "echo reason" in str(c.attrs["Args"])]


def test_a_full_disk_is_named(engine: docker.DockerClient, dockerfile: Path) -> None:
    dockerfile.write_text(f"FROM {Images().base}\nRUN cp /etc/passwd /dev/full\n")
    with (
        Report(io.StringIO()).step("image") as step,
        pytest.raises(BuildError, match=r"Make room on the engine's disk.*make prune"),
    ):
        build(engine, NAME, CHECKOUT, str(dockerfile), {}, step)


def test_an_engine_that_is_not_there(tmp_path: Path) -> None:
    failed = subprocess.run(
        [sys.executable, "-m", "cyberhubs.images.build", NAME, "images/proxy/Dockerfile"],
        cwd=CHECKOUT,
        env={"DOCKER_HOST": f"unix://{tmp_path}/none.sock"},
        input=json.dumps({"arguments": {}, "logins": {}}),
        capture_output=True,
        text=True,
    )
    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr and "none.sock" in failed.stderr
