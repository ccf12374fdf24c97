"""Ports for other processes, and waiting for what these do."""

import random
import socket
import time
from contextlib import suppress
from pathlib import Path


def free_port() -> int:
    """One of the loopback's, but none of those that outgoing connections take by themselves."""
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def gone(pid: int, timeout_s: float = 5) -> bool:
    """Whether a process ends in time; one that only waits to be reaped has ended."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):  # the latter: while it is read
            return True
        time.sleep(0.05)
    return False


def wait_for(path: Path, timeout_s: float = 10) -> str:
    end = time.monotonic() + timeout_s
    while not path.exists() or not path.read_text():
        assert time.monotonic() < end, f"{path} was not written"
        time.sleep(0.02)
    return path.read_text()


def wait_for_port(port: int, address: str = "127.0.0.1", timeout_s: float = 20) -> None:
    end = time.monotonic() + timeout_s
    while True:
        try:
            socket.create_connection((address, port), 1).close()
            return
        except OSError:
            assert time.monotonic() < end, f"nothing listens at {address}:{port}"
            time.sleep(0.05)
