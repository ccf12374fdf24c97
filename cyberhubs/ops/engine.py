"""The Docker engine that carries a stack's containers."""

from collections.abc import Iterator
from contextlib import contextmanager

from docker import DockerClient
from docker.errors import DockerException
from docker.models.containers import Container

from cyberhubs.machine import Machine
from cyberhubs.ops.problem import Problem


@contextmanager
def engine(machine: Machine) -> Iterator[DockerClient]:
    """The machine's Docker engine; raises Problem when none answers."""
    with machine.engine() as address:
        try:
            client = DockerClient(base_url=address)
            client.ping()
        except DockerException as error:
            raise Problem(f"No Docker engine answers: {machine.start_docker}") from error
        try:
            yield client
        finally:
            client.close()


def output_of(container: Container, *command: str) -> str | None:
    """What a command inside of a container prints; None if it fails, or the container does not run."""
    try:
        code, text = container.exec_run(list(command), stderr=False)
    except DockerException:
        return None
    assert isinstance(text, bytes)
    return text.decode(errors="replace") if code == 0 else None
