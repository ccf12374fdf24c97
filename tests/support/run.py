"""One run of the tests. All that it makes carries its name, so that what a run leaves which is killed
is found, and removed, by the next one.

A run holds a lock for as long as it lives; one whose lock is free is dead.
"""

import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import docker
from docker.errors import DockerException, NotFound

from cyberhubs.names import STACK

VARIABLE = "CYBERHUBS_TEST_RUN"
# Of all processes of a run: the first one makes it up, the others inherit it.
RUN = os.environ.setdefault(VARIABLE, secrets.token_hex(3))


def folder(run: str = RUN) -> Path:
    """Where all files of a run are. A short name: there are sockets in it."""
    return Path(tempfile.gettempdir(), f"cyberhubs-tests-{run}")


def named(what: str) -> str:
    """`what`, as this run calls it."""
    return f"{what}-{RUN}"


@contextmanager
def running() -> Iterator[None]:
    """For the whole run. Removes first what dead ones have left."""
    locks = folder().parent
    with tempfile.NamedTemporaryFile(dir=locks, delete=False) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        Path(file.name).rename(_lock())
        for other in sorted(locks.glob("cyberhubs-tests-*.lock")):
            if other != _lock():
                _bury(other)
        yield


@contextmanager
def first(what: str) -> Iterator[None]:
    """Alone, until one process of the run has done it: the others find what it made."""
    folder().mkdir(mode=0o700, exist_ok=True)
    done = folder() / f"{what}-done"
    with (folder() / f"{what}-lock").open("w") as lock:
        if not done.exists():
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
        done.touch()


def forget() -> None:
    """Removes the files of this run, of which nobody wants to see any."""
    with suppress(DockerException):  # of one that needed no engine
        _remove_images(docker.from_env(), RUN)
    shutil.rmtree(folder(), ignore_errors=True)
    _lock().unlink()


def _lock() -> Path:
    return folder().with_suffix(".lock")


def _bury(lock: Path) -> None:
    """Removes a run's lock and all that it has left, if it is dead."""
    with suppress(FileNotFoundError, BlockingIOError), lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        run = lock.stem.rsplit("-", 1)[-1]
        if _remove_all(run):
            lock.unlink()


def _remove_all(run: str) -> bool:
    """Removes processes, containers, networks, volumes, mounts, loop devices and files of a dead run; whether all are gone."""
    for process in _processes(run):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    try:
        engine = docker.from_env()
    except DockerException:  # which may have something of it
        return False
    for container in engine.containers.list(all=True, ignore_removed=True):
        if f"-{run}" in str(container.name) or container.labels.get(STACK, "").endswith(f"-{run}"):
            with suppress(NotFound):
                container.remove(force=True, v=True)
    for network in engine.networks.list():
        if f"-{run}" in str(network.name):
            network.remove()
    for volume in engine.volumes.list():
        if f"-{run}" in str(volume.name):
            volume.remove()
    _remove_images(engine, run)
    for line in Path("/proc/mounts").read_text().splitlines():
        if (mount := line.split()[1]).startswith(f"{folder(run)}/"):
            subprocess.run(["umount", mount], check=True)
    for device in Path("/sys/block").glob("loop*/loop/backing_file"):
        if device.read_text().startswith(str(folder(run))):
            subprocess.run(["losetup", "-d", f"/dev/{device.parts[3]}"], check=True)
    shutil.rmtree(folder(run), ignore_errors=True)
    return not folder(run).exists()


def _remove_images(engine: docker.DockerClient, run: str) -> None:
    """Their names alone: what they are made of serves the next run."""
    for image in engine.images.list():
        for tag in image.tags:
            if f"-{run}:" in tag or f"-{run}." in tag:  # of its stacks' trials
                engine.images.remove(tag, noprune=True)


def _processes(run: str) -> Iterator[int]:
    """Those that it started, but for an engine, which carries what others run."""
    mark = f"{VARIABLE}={run}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            name = (process / "comm").read_text()
            started = mark in (process / "environ").read_bytes().split(b"\0")
            if started and not name.startswith(("dockerd", "docker-", "containerd")):
                yield int(process.name)
