"""What of a stack is no longer as it was made, which Pulumi does not see: it compares with its state alone."""

import base64
import json
import shlex
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, TypeGuard

from docker import DockerClient
from docker.errors import NotFound
from docker.models.containers import Container
from docker.models.networks import Network

from cyberhubs.images import commands
from cyberhubs.machine.script import SCRIPT, call, called, digest, name_called
from cyberhubs.machine.steps import setup
from cyberhubs.ops.stack import Resource, Stack, name_of
from cyberhubs.resource_types import COMMAND, CONTAINER, NETWORK

MARK = "=== "
# Scripts that make files which nobody else changes.
FILES = (
    *("data-directory", "data-spaces", "door-directories", "hub-directories", "mounts"),
    *("prometheus-directories", "put-file", "reload-door"),
)

Differences = dict[str, list[str]]
Looked = list[tuple[Resource, Container | Network | None]]
Script = tuple[str, str, str]  # its name, its text, and its stdin


def resources_of(stack: Stack) -> list[Resource]:
    """What the state holds now, with the content of files that are secret, where there are any: that takes longer."""
    stack.forget(decrypt="secure:" in stack.file.read_text())  # of which such files are made
    if any(
        isinstance(stdin, dict) and "plaintext" not in stdin
        for _, _, stdin in _commands(stack.resources)
    ):
        stack.forget(decrypt=True)
    return stack.resources


def of_machine(stack: Stack, resources: Iterable[Resource]) -> Differences:
    """Name of a setup step, or of a resource that made files → what it would change on the machine now.

    Raises MachineError where the machine cannot be asked, or a step would refuse it.
    """
    steps = [(step.name, step.script(check=True), "") for step in setup(stack.settings)]
    return run(stack, [*steps, *file_scripts(resources, check=True)])


def of_containers(client: DockerClient, resources: list[Resource]) -> Differences:
    """Name of a container, network or image → what is wrong with it."""
    looked = look(client, resources)
    found = {name: ["is not there, or stopped"] for name in missing(looked)}
    found |= {name_of(image): ["is not there"] for image in missing_images(client, resources)}
    found |= {name_of(one): ["is off its network"] for one in off_network(client, looked)}
    there = [one for _, one in looked if isinstance(one, Container)]
    return found | {name: [why] for name, why in failing(there).items()}


def lines(found: Differences) -> list[str]:
    return [f"{name:12} {text}" for name, texts in found.items() for text in texts]


def look(client: DockerClient, resources: Iterable[Resource]) -> Looked:
    """Each container and network of the state, with what the engine has of it now."""
    get = {CONTAINER: client.containers.get, NETWORK: client.networks.get}
    looked: Looked = []
    for resource in resources:
        if resource["type"] in get and resource.get("id"):
            there = None
            with suppress(NotFound):
                there = get[resource["type"]](resource["id"])
            looked.append((resource, there))
    return looked


def missing(looked: Looked) -> list[str]:
    """Names of the containers and networks that the engine no longer has, or no longer runs."""
    return [
        resource["outputs"]["name"]
        for resource, there in looked
        if there is None
        or (isinstance(there, Container) and there.status in ("exited", "created", "dead"))
    ]


def off_network(client: DockerClient, looked: Looked) -> list[Resource]:
    """The containers that run and are not on each of their networks, or not by their name there."""
    ids = {network.name: network.id for network in client.networks.list()}

    def is_on(container: Container, wanted: dict[str, Any]) -> bool:
        end = container.attrs["NetworkSettings"]["Networks"].get(wanted["name"], {})
        aliases = end.get("Aliases") or ()
        return end.get("NetworkID") == ids.get(wanted["name"]) and {*wanted["aliases"]} <= {
            *aliases
        }

    return [
        resource
        for resource, there in looked
        if _runs(there)
        and not all(is_on(there, wanted) for wanted in resource["inputs"]["networksAdvanced"])
    ]


def failing(containers: Iterable[Container]) -> dict[str, str]:
    """Names of those that do not do their work, though they have not ended for good, and what is said of them."""
    why = {"paused": "is paused", "restarting": "ends soon after each start"}
    found = {}
    for container in containers:
        if container.status in why:
            found[container.name or ""] = why[container.status]
        elif _runs(container) and (
            container.attrs["State"].get("Health", {}).get("Status") == "unhealthy"
        ):
            found[container.name or ""] = "is unhealthy"
    return found


def _runs(there: Container | Network | None) -> TypeGuard[Container]:
    return isinstance(there, Container) and there.status == "running"


def missing_images(client: DockerClient, resources: Iterable[Resource]) -> list[Resource]:
    """What built an image that the engine no longer has."""
    builds = []
    for resource in resources:
        image = resource.get("outputs", {}).get("stdout")
        if "::images-" not in resource["urn"] or not image:
            continue
        if not isinstance(image, str):  # encrypted, as the login of its registry is
            image = commands.pulled(resource["inputs"]) or ""
        try:
            client.images.get(image)
        except NotFound:
            builds.append(resource)
    return builds


def file_scripts(resources: Iterable[Resource], *, check: bool) -> list[Script]:
    return [
        (name, called(command, check=check), _decrypted(stdin))
        for name, command, stdin in _commands(resources)
    ]


def _commands(resources: Iterable[Resource]) -> Iterator[tuple[str, str, Any]]:
    """Name, command and stdin of what makes a file."""
    for resource in resources:
        inputs = resource.get("inputs", {})
        command = inputs.get("update", "")
        if resource["type"] != COMMAND or name_called(command) not in FILES:
            continue
        if inputs.get("environment", {}).get(SCRIPT) != digest(command):
            continue  # of another version of Cyberhubs, whose scripts take other arguments: the update runs it anew
        if name_called(command) == "reload-door":
            # The file alone: the door reads it when it starts, and serves what it was last told.
            live, _, uid, gid = shlex.split(command)[2:]
            command = call("put-file", f"{live}/Caddyfile", uid, gid, "0600", "text")
        yield name_of(resource), command, inputs.get("stdin", "")


def _decrypted(value: Any) -> str:
    """An input as it is, be it a secret."""
    return json.loads(value["plaintext"]) if isinstance(value, dict) else value


def run(stack: Stack, scripts: Iterable[Script]) -> Differences:
    """What each of them prints, where it prints anything: all in one session, since each takes longer to open
    than to run. By stdin, which nobody there sees."""
    parts = [
        f"echo '{MARK}{name}'\n"
        f"printf %s '{base64.b64encode(stdin.encode()).decode()}' | base64 -d | (\n{text}\n)\n"
        for name, text, stdin in scripts
    ]
    if not parts:
        return {}
    found: Differences = {}
    name = ""
    for line in stack.machine.run(
        "exec sh -s", stdin="set -e\n" + "".join(parts), limit_s=300
    ).splitlines():
        if line.startswith(MARK):
            name = line.removeprefix(MARK)
        else:
            found.setdefault(name, []).append(line)
    return found
