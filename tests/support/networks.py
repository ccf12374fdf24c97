"""Networks between this machine and containers of the tests."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import docker
from docker.errors import APIError
from docker.models.networks import Network
from docker.types import IPAMConfig, IPAMPool

from tests.support import run


@dataclass(frozen=True)
class Link:
    """A network of Docker's, `prefix`.0/24, with this machine at `gateway`."""

    network: Network
    prefix: str

    @property
    def gateway(self) -> str:
        return f"{self.prefix}.1"

    @property
    def machine(self) -> str:
        """The address of the one container that such a network is made for."""
        return f"{self.prefix}.2"


def make_link(what: str) -> Link:
    """A network of the run's, with addresses that no other network on this machine has."""
    engine = docker.from_env()
    numbers = random.sample(range(256), 256)
    while True:
        prefix = f"10.214.{numbers.pop()}"
        pool = IPAMPool(subnet=f"{prefix}.0/24", gateway=f"{prefix}.1")
        try:
            network = engine.networks.create(
                run.named(f"cyberhubs-{what}"), ipam=IPAMConfig(pool_configs=[pool])
            )
        except APIError as error:
            if "overlaps" not in str(error) or not numbers:
                raise
        else:
            return Link(network, prefix)


@contextmanager
def link(what: str) -> Iterator[Link]:
    made = make_link(what)
    try:
        yield made
    finally:
        made.network.remove()
