"""What is no longer as Pulumi made it, put right before an update or by it."""

import re
from contextlib import suppress
from functools import partial
from itertools import chain

from docker import DockerClient
from docker.errors import NotFound

from cyberhubs.ops import drift, orphans
from cyberhubs.ops.engine import own_containers
from cyberhubs.ops.preflight import Preflight
from cyberhubs.ops.stack import Resource, Stack, name_of
from cyberhubs.resource_types import COMMAND


def repair(
    preflight: Preflight, client: DockerClient | None, resources: list[Resource]
) -> list[str]:
    """Puts right what can be, and answers the options of `pulumi up` for the rest: it compares with its state alone."""
    stack, options = preflight.stack, []
    if client:
        orphans.remove_containers(client, stack, resources)
        orphans.remove_networks(client, stack, resources)
        _resume_paused(client, stack)
        if gone := drift.missing(drift.look(client, resources)):
            print(f"No longer there, or stopped: {', '.join(gone)}. Making it as it was.")
            options.append("--refresh")
        for image in drift.missing_images(client, resources):
            print(f"The image of {name_of(image)} is no longer there. Building it again.")
            options += ["--replace", image["urn"]]
    commands = {name_of(one): one for one in resources if one["type"] == COMMAND}
    if preflight.holds(commands):
        found = drift.of_machine(stack, resources)
        for name in [name for name in found if name not in commands]:
            changes = "; ".join(found.pop(name))
            print(f"No longer as it was set up: {changes}. Running {name} again.")
            step = commands.get(f"host-{name}")
            options += ["--replace", step["urn"]] if step else []
        options += _write_files(stack, client, resources, found)
    if client:
        looked = drift.look(client, resources)
        for container in drift.off_network(client, looked):
            print(f"{name_of(container)} is off its network. Making it as it was.")
            options += ["--replace", container["urn"]]
        for name, why in drift.failing(own_containers(client, stack.name)).items():
            print(f"{name} {why}: starting it again.")
            _restart(client, name)
    return options


def _write_files(
    stack: Stack, client: DockerClient | None, resources: list[Resource], found: drift.Differences
) -> list[str]:
    """Makes files again as they were; answers options of `pulumi up` for what follows from it."""
    for texts in found.values():
        print(f"No longer as it was made: {'; '.join(texts)}. Putting it right.")
    scripts = drift.file_scripts(resources, check=False)
    drift.run(stack, [script for script in scripts if script[0] in found])
    made = re.findall(r"^(/.*): made$", "\n".join(chain(*found.values())), re.MULTILINE)
    options = []
    for path in made:
        if "/secrets/" in path:
            print(f"{path} was gone for good and is a new one: members may have to sign in again.")
    for resource in resources:
        name = name_of(resource)
        if (
            client
            and resource["type"] == drift.CONTAINER
            and any(map(partial(_uses, resource), made))
        ):
            print(f"Starting {resource['outputs']['name']} again, which uses it.")
            _restart(client, resource["outputs"]["name"])
        hub = name.removesuffix("-files-password")
        if hub != name and any(path.endswith(f"/{hub}/secrets/password") for path in made):
            options += ["--replace", resource["urn"]]
    return options


def _uses(container: Resource, path: str) -> bool:
    """Whether a container still has what was at a path before it was made anew: as a mount, or as a secret that it
    has read."""
    sources = [mount["source"] for mount in container["inputs"].get("mounts", ())]
    return any(
        f"{source}/".startswith(f"{path}/")
        or ("/secrets/" in path and path.startswith(f"{source}/"))
        for source in sources
    )


def _resume_paused(client: DockerClient, stack: Stack) -> None:
    """The stack's own containers, which somebody has paused."""
    for container in own_containers(client, stack.name):
        if container.status == "paused":
            print(f"{container.name} is paused: going on with it.")
            container.unpause()


def _restart(client: DockerClient, name: str) -> None:
    with suppress(NotFound):  # it is made anew, then
        client.containers.get(name).restart(timeout=10)
