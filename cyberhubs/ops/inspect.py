"""What an operator asks of a stack that is up."""

import json
import os
from collections.abc import Iterator

import httpx
from docker.models.containers import Container

from cyberhubs.names import HUB, ROLE, STACK
from cyberhubs.ops.deploy import engine
from cyberhubs.ops.problem import Problem
from cyberhubs.ops.stack import Stack

LOG_LINES = 100


def output(stack: Stack) -> None:
    print(json.dumps(stack.outputs(), indent=2, sort_keys=True))


def password(stack: Stack) -> None:
    for hub, secret in stack.outputs(secrets=True).get("passwords", {}).items():
        print(f"{hub}: {secret}")


def status(stack: Stack) -> None:
    """One line for each hub, one for each container, and the data disk."""
    settings = stack.settings
    containers = list(_containers(stack))
    if not containers:
        raise Problem(f"Nothing of stack {stack.name} runs: `make up STACK={stack.name}`.")
    for hub in settings.hubs:
        own = [c for c in containers if c.labels.get(HUB) == hub.name]
        servers = sum(c.labels[ROLE] == "user" for c in own)
        print(f"{hub.name:12} {_answer(settings.hub_url(hub)):24} {servers} servers running")
        for container in own:
            if container.labels[ROLE] != "user":
                image = container.attrs["Image"].removeprefix("sha256:")[:12]
                print(f"  {container.labels[ROLE]:10} {_state(container):24} image {image}")
    print(_disk(str(settings.host.data.path)))


def logs(stack: Stack) -> None:
    for container in _containers(stack):
        if container.labels[ROLE] == "user":
            continue
        for line in (
            container.logs(tail=LOG_LINES, timestamps=True).decode(errors="replace").splitlines()
        ):
            print(f"{container.labels[HUB]}/{container.labels[ROLE]} | {line}")


def _containers(stack: Stack) -> Iterator[Container]:
    found = engine().containers.list(all=True, filters={"label": f"{STACK}={stack.name}"})
    yield from sorted(found, key=lambda container: container.name or "")


def _answer(url: str) -> str:
    """The version that the hub at `url` answers with."""
    try:
        answer = httpx.get(f"{url}hub/api/", timeout=5)
        return f"up, JupyterHub {answer.json()['version']}"
    except (httpx.HTTPError, ValueError, KeyError):
        return "does not answer"


def _state(container: Container) -> str:
    state = container.attrs["State"]
    health = state.get("Health", {}).get("Status")
    return f"{state['Status']}, {health}" if health else state["Status"]


def _disk(path: str) -> str:
    try:
        disk = os.statvfs(path)
    except FileNotFoundError:
        return f"data         {path} is not there"
    room = f"{disk.f_bavail * disk.f_frsize / 2**30:.1f} GiB"
    return f"data         {path}: {room} and {disk.f_favail} inodes left"
