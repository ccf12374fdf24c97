"""The Docker engine that carries a stack's containers."""

from docker import DockerClient
from docker.errors import DockerException
from docker.models.containers import Container

from cyberhubs.ops.problem import Problem


def engine() -> DockerClient:
    """This machine's Docker engine; raises Problem when none answers."""
    try:
        client = DockerClient(base_url="unix:///var/run/docker.sock")
        client.ping()
    except DockerException as error:
        raise Problem(
            "No Docker engine answers at /var/run/docker.sock: `make setup` starts one, or says why not."
        ) from error
    return client


def output_of(container: Container, *command: str) -> str | None:
    """What a command inside of a container prints; None if it fails, or the container does not run."""
    try:
        code, text = container.exec_run(list(command), stderr=False)
    except DockerException:
        return None
    assert isinstance(text, bytes)
    return text.decode(errors="replace") if code == 0 else None
