"""A Docker engine of its own on a disk of its own, with hardly any room, which can only pull."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker

from tests.support import relay
from tests.support.lab.machine import LoopDisk
from tests.support.waiting import eventually

# In a network of its own: an engine that starts without a bridge removes docker0, which is another one's.
START = """
ip link set lo up
"$PYTHON" -m tests.support.relay "$PORT" way &
exec dockerd --data-root data --exec-root "$PWD/exec" --pidfile pid --host "unix://$PWD/engine" \
    --bridge none --iptables=false --ip-forward=false
"""


@contextmanager
def small_engine(folder: Path, port: int, megabytes: int = 48) -> Iterator[str]:
    """Its address; it finds a server of this machine's loopback at the same `port` of its own."""
    data = folder / "data"
    data.mkdir()
    disk = LoopDisk(folder / "disk", 1 + megabytes // 1024)
    way = socket.socket(socket.AF_UNIX)
    way.bind(str(folder / "way"))
    way.listen()
    try:
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", disk.device, f"{megabytes}M"], check=True)
        subprocess.run(["mount", disk.device, data], check=True)
        with relay.serving(way, lambda: socket.create_connection(("127.0.0.1", port))):
            engine = subprocess.Popen(
                ["unshare", "--net", "sh", "-ec", START],
                cwd=folder,
                env={
                    **os.environ,
                    "PYTHON": sys.executable,
                    "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                    "PORT": str(port),
                },
                start_new_session=True,
                stderr=(folder / "log").open("w"),
            )
            try:
                address = f"unix://{folder}/engine"
                eventually(lambda: docker.DockerClient(base_url=address).ping())
                yield address
            finally:
                os.killpg(engine.pid, signal.SIGTERM)
                engine.wait()
        subprocess.run(["umount", data], check=True)
    finally:
        disk.close()
