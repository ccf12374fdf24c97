"""The Docker engine that carries a stack's containers."""

from collections.abc import Iterator
from contextlib import contextmanager

from cyberhubs_hub.shared.commands import output
from docker import DockerClient
from docker.errors import DockerException, NotFound
from docker.models.containers import Container

from cyberhubs.errors import UserError
from cyberhubs.machine import Machine
from cyberhubs.names import HELPER, ROLE, STACK, HubNames
from cyberhubs.settings import Hub

OWN = ("hub", "proxy", "door", "prometheus")  # the roles of containers that Pulumi makes
CONTAINERD_DIRECTORY = "/var/lib/containerd"  # unless its config.toml says another root


@contextmanager
def engine(machine: Machine) -> Iterator[DockerClient]:
    """The machine's Docker engine; raises UserError when none answers."""
    with machine.engine() as address:
        try:
            client = DockerClient(base_url=address)
            client.ping()
        except DockerException as error:
            raise UserError(f"No Docker engine answers: {machine.start_docker}") from error
        try:
            yield client
        finally:
            client.close()


def image_directory(client: DockerClient) -> str:
    """Where on the machine an engine keeps the images and the layers of containers: in its own directory, or, with
    the containerd store (the default of new installations since Docker 29), in containerd's."""
    info = client.info()
    root, store = info["DockerRootDir"], dict(info.get("DriverStatus") or []).get("driver-type")
    if store != "io.containerd.snapshotter.v1":
        return root
    # An engine that found no containerd runs one of its own, under its own directory.
    own = "/docker/containerd/" in info.get("Containerd", {}).get("Address", "")
    return f"{root}/containerd/daemon" if own else CONTAINERD_DIRECTORY


def servers_that_fit(client: DockerClient, hub: Hub) -> str:
    """How many, if each uses all that it may."""
    total, limit = client.info()["MemTotal"], hub.limits.memory_bytes
    return (
        f"{total / 2**30:.1f} GiB: {total // limit} servers of {hub.name} at their limit of "
        f"{limit / 2**30:.1f} GiB fit; most take less, and a start waits for memory"
    )


def output_of(container: Container, *command: str) -> str | None:
    """What a command inside of a container prints; None if it fails, or the container does not run."""
    try:
        code, said = run_inside(container, *command, stderr=False)
    except DockerException:
        return None
    return None if code else said


def run_inside(container: Container, *command: str, stderr: bool = True) -> tuple[int, str]:
    """The exit status of a command inside of a container, and what it prints."""
    assert container.client
    api = container.client.api
    run = api.exec_create(container.id, list(command), stderr=stderr)["Id"]
    said = output(api, run)
    return api.exec_inspect(run)["ExitCode"], said


def containers_of(client: DockerClient, stack: str) -> list[Container]:
    """All of a stack that stay, members' servers too, by name."""
    found = client.containers.list(
        all=True, ignore_removed=True, filters={"label": f"{STACK}={stack}"}
    )
    staying = (container for container in found if container.labels.get(ROLE) != HELPER)
    return sorted(staying, key=lambda container: container.name or "")


def own_containers(client: DockerClient, stack: str) -> list[Container]:
    """Those that Pulumi makes, by name."""
    return [one for one in containers_of(client, stack) if one.labels.get(ROLE) in OWN]


def running_hub(client: DockerClient, stack: str, hub: str) -> Container:
    """Its container; raises UserError for one that does not run."""
    try:
        container = client.containers.get(HubNames(stack, hub).container("hub"))
    except NotFound:
        container = None
    if container is None or container.status != "running":
        raise UserError(f"Hub {hub} does not run: `make up STACK={stack}`, and again.")
    return container
