"""Another machine on this one's network, which has a route to its containers. Needs root."""

import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support import run


class Neighbour:
    """A network namespace whose way out is this machine, which has the address `gateway` there."""

    def __init__(self, name: str, gateway: str):
        self._name, self.gateway = name, gateway

    def get(self, url: str, *options: str) -> str:
        """Body of the answer, or what curl says in place of one."""
        command = ["ip", "netns", "exec", self._name, "curl", "-sS", "--max-time", "5"]
        command += [*options, url]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout or done.stderr


@contextmanager
def neighbour() -> Iterator[Neighbour]:
    """This machine forwards what it sends, as where FORWARD's policy was ACCEPT before Docker came."""
    name = run.named("neighbour")
    number = random.randrange(2**14)
    link, prefix = f"chn{number}", f"10.215.{number >> 6}.{(number & 63) * 4}"
    base, last = prefix.rsplit(".", 1)
    here, there = f"{base}.{int(last) + 1}", f"{base}.{int(last) + 2}"

    def ip(*words: str) -> None:
        subprocess.run(["ip", *words], check=True)

    forwards = ["FORWARD", "-i", link, "-m", "comment", "--comment", name, "-j", "ACCEPT"]
    ip("netns", "add", name)
    try:
        ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("address", "add", f"{here}/30", "dev", link)
        ip("link", "set", link, "up")
        ip("-n", name, "address", "add", f"{there}/30", "dev", "eth0")
        ip("-n", name, "link", "set", "eth0", "up")
        ip("-n", name, "route", "add", "default", "via", here)
        subprocess.run(["iptables", "-w", "-I", *forwards], check=True)
        yield Neighbour(name, here)
    finally:
        subprocess.run(["iptables", "-w", "-D", *forwards], check=False)
        ip("netns", "delete", name)  # and the link with it
