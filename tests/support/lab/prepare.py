"""`python -m tests.support.lab.prepare`: makes the lab's images. Beside tests they take many times as long, and all
who need a cloud wait for its."""

import sys
from concurrent.futures import ThreadPoolExecutor

import docker

from tests.support import progress, run
from tests.support.lab.cloud import cloud_image
from tests.support.lab.guest import guest_image
from tests.support.lab.machine import machine_image

MACHINES = [
    ("bare", "trixie"),
    ("bare", "bookworm"),
    ("server", "bookworm"),
    ("operator", "trixie"),
    ("next", "trixie"),
]


def main() -> None:
    engine = docker.from_env()
    with run.running(), progress.shown(sys.stdout), ThreadPoolExecutor() as pool:
        cloud = pool.submit(cloud_image, engine, "cloud")
        for kind, suite in MACHINES:
            machine_image(engine, kind, suite)
        guest_image(engine)
        cloud.result()
        run.forget()


if __name__ == "__main__":
    main()
