"""The program's images, built once by a run: each stack's update, and each machine's, finds their layers."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import docker
from docker.errors import BuildError
from docker.models.containers import Container

from components.images import image_name
from cyberhubs import pins
from cyberhubs.images import build as image
from cyberhubs.paths import CHECKOUT
from cyberhubs.progress import Report
from cyberhubs.settings.images import Images
from install import engine_image, ladder
from tests.support import progress, run

PROJECT = Path(__file__).parents[2]
NAMES = ("multiuser", "proxy", "front-door", "corehub")


def debian(suite: str) -> str:
    """Name of the image of a Debian without more, made or pulled once by a run."""
    with run.first(pins.base_image(suite)):
        ladder.ensure(engine_image.Base(suite), Report())
    return pins.base_image(suite)


def of_debian(engine: docker.DockerClient, suite: str, context: Path, kind: str) -> str:
    """Id of the image that a stage of CONTEXT/Dockerfile makes of a Debian, built once by a run."""
    base, name = debian(suite), f"cyberhubs-lab-{kind}:{suite}"
    with progress.step(f"image {name}"), run.first(name):
        try:
            image, _ = engine.images.build(
                path=str(context),
                tag=name,
                target=kind,
                buildargs={"BASE_IMAGE": base},
                rm=True,
                forcerm=True,
            )
        except BuildError as error:
            said = "".join(line.get("stream", "") for line in error.build_log)
            raise AssertionError(f"{error}\n{said[-2000:]}") from error
    return str(image.id)


def of_packages(engine: docker.DockerClient, what: str, dockerfile: str) -> str:
    """Name of the image of a server of Debian's, built once by a run; its Dockerfile has install-packages.sh beside it."""
    name = f"{run.named('cyberhubs-test')}:{what}"
    with (
        progress.step(f"image of a {what}"),
        run.first(what),
        tempfile.TemporaryDirectory() as folder,
    ):
        shutil.copy(PROJECT / "images/shared/install-packages.sh", folder)
        Path(folder, "Dockerfile").write_text(dockerfile)
        engine.images.build(path=folder, tag=name, rm=True, forcerm=True)
    return name


def copy_jovyan(folder: Path) -> None:
    """What an image as others make them is built from."""
    shutil.copytree(PROJECT / "tests/support/jovyan", folder)
    shutil.copy(PROJECT / "images/shared/install-packages.sh", folder)


def built() -> dict[str, str]:
    """Name → id of each, built with the program's own arguments."""
    engine, ids = docker.from_env(), {}
    with run.first("images"):
        for name in NAMES:
            with progress.step(f"image {name}") as step:
                file = f"images/{name}/Dockerfile"
                ids[name] = image.build(engine, _tag(name), CHECKOUT, file, arguments(name), step)
    return ids


def arguments(name: str) -> dict[str, str]:
    settings = Images()
    own = {"CADDY_IMAGE": settings.caddy} if name == "front-door" else {}
    certificates = settings.site_certificates_pem()
    return {"BASE_IMAGE": settings.base, "SITE_CERTIFICATES": certificates, **own}


def _tag(name: str) -> str:
    return f"{run.named('cyberhubs-test')}:{name}"


def carry(machine: Container) -> None:
    """Has a machine's engine know them by the program's names, so that it builds none: an engine takes no
    layers for a build that it has not built itself (since Docker 25)."""
    engine, names = docker.from_env(), []
    for name, id in built().items():
        names.append(image_name(name, arguments(name)))
        engine.images.get(id).tag(names[-1])
    carry_bases(machine, *names)


def carry_bases(machine: Container, *more: str) -> None:
    """Has a machine's engine know what they are built from, and `more`."""
    settings = Images()
    with (
        progress.step("images: carried to the machine"),
        subprocess.Popen(
            ["docker", "save", settings.base, settings.caddy, *more], stdout=subprocess.PIPE
        ) as save,
    ):
        load = ["docker", "exec", "-i", str(machine.name), "docker", "load", "-q"]
        subprocess.run(load, stdin=save.stdout, stdout=subprocess.DEVNULL, check=True)
    assert save.returncode == 0
