"""The front door, each hub with its containers and images, and the free space, on one screen."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

from cyberhubs_hub.shared.config import BACKUP_DONE, LIVE_DIR, USERS_DIR
from docker.models.containers import Container

from cyberhubs.errors import UserError
from cyberhubs.machine import NEARLY_FULL, Machine, MachineError
from cyberhubs.names import HUB, ROLE, short
from cyberhubs.ops import drift, front_door, metrics, mounts
from cyberhubs.ops.engine import (
    containers_of,
    engine,
    image_directory,
    output_of,
    servers_that_fit,
)
from cyberhubs.ops.rollback import age
from cyberhubs.ops.stack import Stack
from cyberhubs.settings import Hub


def status(stack: Stack) -> None:
    settings = stack.settings
    with engine(stack.machine) as client:
        containers = containers_of(client, stack.name)
        if not containers:
            raise UserError(f"Nothing of stack {stack.name} runs: `make up STACK={stack.name}`.")
        front = next((c for c in containers if c.labels[ROLE] == "door"), None)
        _line("front door", settings.url, _container(front) if front else "is not there")
        silent = front_door.silent(stack)
        if front and (answer := silent.get(front_door.FRONT_PAGE)):
            _line("", f"does not answer there: {answer}")
        wrong: list[str] = []
        if front:
            for text, opens in front_door.certificate(stack, front):
                _line("certificate", text)
                if not opens:
                    wrong.append(
                        f"Visitors do not get in, by the front door's certificate: {text}."
                    )
        if points := front_door.dns(stack):
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
                        _line(f"  {name}", "application", f"image {short(image)}")
                    if done := output_of(container, "stat", "--format=%Y", BACKUP_DONE):
                        _line("  backup", age(datetime.fromtimestamp(int(done), UTC)))
                    if hub.limits.disk_bytes:
                        _line("  homes", _homes(container, hub.limits.disk_bytes))
        if prometheus := next((c for c in containers if c.labels[ROLE] == "prometheus"), None):
            _line("prometheus", settings.prometheus_url or "", _container(prometheus))
            for text in metrics.alerts(prometheus):
                _line("alert", text)
        for hub in settings.hubs:
            _line("memory", servers_that_fit(client, hub))
        _line("data", _free_space(stack.machine, settings.host.data_path))
        _line("docker", _free_space(stack.machine, image_directory(client)))
        unusable = mounts.unusable(stack)
        for name, mount in sorted(settings.mounts.items()):
            answers = not any(line.startswith(f"Mount {name} ") for line in unusable)
            _line("mount", f"{name}, {mount.kind}", "answers" if answers else "does not answer")
        wrong += [front_door.explain(client, stack, silent)] if silent else []
        wrong += unusable
        resources = drift.resources_of(stack)
        wrong += drift.lines(
            drift.of_machine(stack, resources) | drift.of_containers(client, resources)
        )
    if wrong:
        raise UserError(
            "\n".join([*wrong, f"`make up STACK={stack.name}` puts right what it can."])
        )


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
    return f"{text:27} image {short(container.attrs['Image'])}"


def _applications(hub: Container) -> Iterator[tuple[str, str]]:
    """Name and image of each application on the hub's menu, if it can be read."""
    menu = output_of(hub, "cat", f"{LIVE_DIR}/applications.json")
    with suppress(ValueError):
        yield from ((entry["name"], entry["image"]) for entry in json.loads(menu or "[]"))


def _homes(hub: Container, limit: int) -> str:
    """How much each may take, and which take nearly all of it."""
    said = output_of(hub, "sh", "-c", f"df --output=pcent,file {USERS_DIR}/*/") or ""
    shares = (line.split("%", 1) for line in said.splitlines()[1:])
    least = 100 * (1 - NEARLY_FULL)
    full = [path.strip().split("/")[-2] for share, path in shares if int(share) > least]
    of_whom = f": nearly full are those of {', '.join(full)}" if full else ""
    return f"{limit / 2**30:g} GiB each{of_whom}"


def _free_space(machine: Machine, path: str) -> str:
    try:
        space = machine.free_space(path)
    except MachineError:
        return f"{path} is not there"
    nearly_full = ": nearly full" if space.left < NEARLY_FULL else ""
    return f"{path}: {space.free / 2**30:.1f} GiB and {space.inodes} inodes left{nearly_full}"
