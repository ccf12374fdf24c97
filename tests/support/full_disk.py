"""A disk of its own for a stack's data, which members fill."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.deployment import Deployment
from tests.support.lab.machine import LoopDisk

INODES = 8192


@contextmanager
def disk_for(directory: Path) -> Iterator[Path]:
    """`directory`: of a Deployment, whose data are on the disk."""
    data = directory / "data"
    data.mkdir()
    disk = LoopDisk(directory / "disk", 1)
    try:
        made = ["mkfs.ext4", "-q", "-m", "0", "-N", str(INODES), disk.device]
        subprocess.run(made, check=True)
        subprocess.run(["mount", disk.device, data], check=True)
        yield data
        subprocess.run(["umount", data], check=True)
    finally:
        disk.close()


def fill(deployment: Deployment) -> None:
    """To the last block."""
    with (_fillers(deployment) / "bytes").open("wb", buffering=0) as file:
        for size in (2**24, 2**16, 2**10):
            at = file.seek(0, os.SEEK_END)
            try:
                while True:
                    os.posix_fallocate(file.fileno(), at, size)
                    at += size
            except OSError:
                pass


def fill_nearly(deployment: Deployment) -> None:
    """To a twelfth or so, which is more than the hubs need."""
    disk = os.statvfs(deployment.data)
    size = disk.f_bavail * disk.f_frsize - 80 * 2**20
    with (_fillers(deployment) / "bytes").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, size)


def fill_inodes(deployment: Deployment) -> None:
    """To the last file that it can have."""
    fillers = _fillers(deployment)
    with suppress(OSError):
        for number in range(INODES):
            (fillers / str(number)).touch()


def make_room(deployment: Deployment) -> None:
    shutil.rmtree(_fillers(deployment), ignore_errors=True)


def _fillers(deployment: Deployment) -> Path:
    fillers = deployment.data / "jupyterhub_users/core/fillers"
    with suppress(OSError):  # it is full already
        fillers.mkdir(exist_ok=True)
    return fillers
