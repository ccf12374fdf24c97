"""What a run of the tests leaves that was killed is gone when the next one begins."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import docker

from tests.support import run
from tests.support.processes import gone
from tests.support.waiting import eventually

# A run that makes a bit of everything and says which process it is of.
KILLED = """\
import os, subprocess, time
import docker
from cyberhubs.names import STACK
from tests.support import run
from tests.support.images import Images
from tests.support.lab.machine import LoopDisk
from tests.support.networks import make_link

with run.running():
    run.folder().mkdir()
    make_link("killed")
    base = Images().base
    engine = docker.from_env()
    engine.containers.create(base, "true", name="server", labels={STACK: run.named("killed")})
    engine.images.get(base).tag(run.named("cyberhubs-killed"), "1")
    device = LoopDisk(run.folder() / "disk", 1).device if os.geteuid() == 0 else "none"
    below = subprocess.Popen(["sleep", "600"])
    print(run.RUN, device, below.pid, flush=True)
    time.sleep(600)
"""


def test_it_leaves_nothing_for_the_next(tmp_path: Path) -> None:
    name = run.named("killed-server")
    environment = {k: v for k, v in os.environ.items() if k != run.VARIABLE}
    killed = subprocess.Popen(
        [sys.executable, "-c", KILLED.replace('"server"', repr(name))],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert killed.stdout
    number, device, below = killed.stdout.readline().split()
    lock = run.folder(number).with_suffix(".lock")
    assert left_of(number) >= {"container", "network", "image", "files"}

    next_one = "from tests.support import run\nwith run.running(): run.forget()\n"
    again = [sys.executable, "-c", next_one]
    subprocess.run(again, env=environment, check=True)
    assert left_of(number) and lock.exists()  # it lives

    killed.send_signal(signal.SIGKILL)
    killed.wait()
    subprocess.run(again, env=environment, check=True)
    eventually(lambda: left_of(number) == set(), 20)
    assert not lock.exists() and gone(int(below))
    backing = Path("/sys/block", Path(device).name, "loop/backing_file")
    assert not backing.exists() or number not in backing.read_text()


def left_of(number: str) -> set[str]:
    engine = docker.from_env()
    mark = f"-{number}"
    found = {
        "container": any(
            mark in str(container.labels)
            for container in engine.containers.list(all=True, ignore_removed=True)
        ),
        "network": any(mark in str(network.name) for network in engine.networks.list()),
        "image": any(mark in tag for image in engine.images.list() for tag in image.tags),
        "files": Path(tempfile.gettempdir(), f"cyberhubs-tests-{number}").exists(),
    }
    return {what for what, there in found.items() if there}
