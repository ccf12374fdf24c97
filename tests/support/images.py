"""The program's images, built once by a run: each stack's update, and each machine's, finds their layers."""

import subprocess
from pathlib import Path

import docker
from docker.models.containers import Container

from cyberhubs import build as image
from cyberhubs.settings.images import Images
from tests.support import progress, run

PROJECT = Path(__file__).parents[2]
NAMES = ("multiuser", "proxy", "front-door", "corehub")


def built() -> dict[str, str]:
    """Name → id of each, built with the program's own arguments."""
    engine, settings = docker.from_env(), Images()
    arguments = {"BASE_IMAGE": settings.base, "SITE_CERTIFICATES": settings.site_certificates_pem()}
    ids = {}
    with run.first("images"):
        for name in NAMES:
            with progress.step(f"image {name}") as step:
                own = {"CADDY_IMAGE": settings.caddy} if name == "front-door" else {}
                file = f"images/{name}/Dockerfile"
                ids[name] = image.build(engine, _tag(name), file, arguments | own, step)
    return ids


def _tag(name: str) -> str:
    return f"{run.named('cyberhubs-test')}:{name}"


def carry(machine: Container) -> None:
    """Has a machine's engine know them, with the layers that they were built of."""
    engine, settings = docker.from_env(), Images()
    ids = {settings.base, settings.caddy} | {
        layer["Id"]
        for id in built().values()
        for layer in engine.api.history(id)
        if layer["Id"] != "<missing>"  # of an image that was pulled
    }
    with (
        progress.step("images: carried to the machine"),
        subprocess.Popen(["docker", "save", *sorted(ids)], stdout=subprocess.PIPE) as save,
    ):
        load = ["docker", "exec", "-i", str(machine.name), "docker", "load", "-q"]
        subprocess.run(load, stdin=save.stdout, stdout=subprocess.DEVNULL, check=True)
    assert save.returncode == 0
