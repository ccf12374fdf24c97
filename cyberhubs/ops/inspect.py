"""What an operator asks of a stack that is up."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress

from cyberhubs_hub.shared.config import LIVE_DIR
from docker import DockerClient
from docker.errors import NotFound
from docker.models.containers import Container

from cyberhubs.errors import UserError
from cyberhubs.layout import DataLayout
from cyberhubs.machine import Machine, MachineError
from cyberhubs.names import HUB, ROLE, STACK, DoorNames, HubNames
from cyberhubs.ops import door, drift
from cyberhubs.ops.engine import engine, image_directory, output_of
from cyberhubs.ops.stack import Stack
from cyberhubs.settings import Hub

LOG_LINES = 100
EXPLAINED_LINES = 15


def output(stack: Stack) -> None:
    print(json.dumps(stack.outputs(), indent=2, sort_keys=True))


def password(stack: Stack) -> None:
    for hub, secret in stack.outputs(secrets=True).get("passwords", {}).items():
        print(f"{hub}: {secret}")


def status(stack: Stack) -> None:
    """The front door, each hub with its containers and images, and the room left, on one screen."""
    settings = stack.settings
    with engine(stack.machine) as client:
        containers = _containers(client, stack)
        if not containers:
            raise UserError(f"Nothing of stack {stack.name} runs: `make up STACK={stack.name}`.")
        front = next((c for c in containers if c.labels[ROLE] == "door"), None)
        _line("front door", settings.url, _container(front) if front else "is not there")
        silent = door.silent(stack)
        if front and (answer := silent.get(door.FRONT_PAGE)):
            _line("", f"does not answer there: {answer}")
        if front:
            for text in door.certificate(stack, front):
                _line("certificate", text)
        if points := door.dns(stack):
            _line("DNS", points)
        for hub in settings.hubs:
            own = [c for c in containers if c.labels.get(HUB) == hub.name]
            servers = sum(c.labels[ROLE] == "user" and c.status == "running" for c in own)
            answer = _answer(front, hub)
            _line(hub.name, answer, f"{servers} servers running", settings.hub_url(hub))
            for container in own:
                if container.labels[ROLE] != "user":
                    _line(f"  {container.labels[ROLE]}", _container(container))
                if container.labels[ROLE] == "hub":
                    for name, image in _applications(container):
                        _line(f"  {name}", "application", f"image {_short(image)}")
        _line("data", _room(stack.machine, settings.host.data_path))
        _line("docker", _room(stack.machine, image_directory(client)))
        wrong = [explain(client, stack, silent)] if silent else []
        resources = drift.resources_of(stack)
        wrong += drift.lines(
            drift.of_machine(stack)
            | drift.of_files(stack, resources)
            | drift.of_containers(client, resources)
        )
    if wrong:
        raise UserError(
            "\n".join([*wrong, f"`make up STACK={stack.name}` puts right what it can."])
        )


def explain(client: DockerClient, stack: Stack, silent: Mapping[str, str]) -> str:
    """What visitors get in place of a page (see `door.silent`), with the end of the log of what should give it."""
    settings = stack.settings
    hubs = {hub.name: hub for hub in settings.hubs}
    text = []
    for name, answer in silent.items():
        hub = hubs.get(name)
        url = settings.hub_url(hub) if hub else settings.url
        names = (
            HubNames(stack.name, name).container("hub") if hub else DoorNames(stack.name).container
        )
        text.append(f"Visitors of {url} get {answer}. The end of the log of {names}:")
        try:
            log = client.containers.get(names).logs(tail=EXPLAINED_LINES).decode(errors="replace")
        except NotFound:
            log = "it is not there"
        text += [f"  | {line}" for line in log.splitlines()]
        if hub and "sqlite3.DatabaseError" in log:
            text.append(
                f"Its database is damaged: {DataLayout(settings.host.data_path).hub(name).database}. Put a copy of it "
                "back, or move it away: then members sign in and start their servers anew, and no file is lost."
            )
    return "\n".join(text)


def logs(stack: Stack) -> None:
    with engine(stack.machine) as client:
        for container in _containers(client, stack):
            if container.labels[ROLE] == "user":
                continue
            text = container.logs(tail=LOG_LINES, timestamps=True).decode(errors="replace")
            for line in text.splitlines():
                print(f"{container.labels.get(HUB, 'front')}/{container.labels[ROLE]} | {line}")


def _containers(client: DockerClient, stack: Stack) -> list[Container]:
    found = client.containers.list(
        all=True, ignore_removed=True, filters={"label": f"{STACK}={stack.name}"}
    )
    return sorted(found, key=lambda container: container.name or "")


def _line(what: str, *texts: str) -> None:
    print(f"{what:12} {'  '.join(f'{text:26}' for text in texts)}".rstrip())


def _answer(front: Container | None, hub: Hub) -> str:
    """The version that a hub answers with, through the front door."""
    answer = output_of(front, "door-get", f"{hub.prefix}hub/api/") if front else None
    try:
        return f"up, JupyterHub {json.loads(answer or '')['version']}"
    except (ValueError, KeyError):
        return "does not answer"


def _container(container: Container) -> str:
    state = container.attrs["State"]
    health = state.get("Health", {}).get("Status")
    text = f"{state['Status']}, {health}" if health else state["Status"]
    return f"{text:27} image {_short(container.attrs['Image'])}"


def _applications(hub: Container) -> Iterator[tuple[str, str]]:
    """Name and image of each application on the hub's menu, if it can be read."""
    menu = output_of(hub, "cat", f"{LIVE_DIR}/applications.json")
    with suppress(ValueError):
        yield from ((entry["name"], entry["image"]) for entry in json.loads(menu or "[]"))


def _short(image: str) -> str:
    return image.removeprefix("sha256:")[:12]


def _room(machine: Machine, path: str) -> str:
    try:
        free, inodes = machine.free_space(path)
    except MachineError:
        return f"{path} is not there"
    return f"{path}: {free / 2**30:.1f} GiB and {inodes} inodes left"
