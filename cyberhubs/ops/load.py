"""`make load`: a class that comes at once, played on a stack, so that its operator knows how many fit."""

import sys
from contextlib import closing

from cyberhubs_hub.shared.commands import STDERR, frames
from docker import DockerClient

from cyberhubs.errors import UserError
from cyberhubs.names import HUB, ROLE
from cyberhubs.ops.access import hub_named
from cyberhubs.ops.engine import containers_of, engine, running_hub
from cyberhubs.ops.stack import Stack


def load(stack: Stack, hub: str, people: str, application: str, seconds: str) -> None:
    """The people are users whom the hub makes for it and deletes: members' files and lists are not touched."""
    if not seconds.isdecimal():
        raise UserError("SECONDS is how long they stay: make load PEOPLE=40 SECONDS=60.")
    name = hub_named(stack.settings, hub).name
    with engine(stack.machine) as client:
        container = running_hub(client, stack.name, name)
        working = sum(
            other.labels[ROLE] == "user" and other.status == "running"
            for other in containers_of(client, stack.name)
            if HUB in other.labels
        )
        if working:
            print(f"{working} servers of members run, which feel it. Ctrl-C ends it.")
        status = _run(client, str(container.id), [people, application, seconds])
    if status:
        raise UserError(f"Not everybody was served by hub {name}: see above.")


def _run(client: DockerClient, container: str, arguments: list[str]) -> int:
    """The exit status. What it prints is printed; it ends where this does, as its stdin does then."""
    command = ["python3", "-m", "cyberhubs_hub.load", *arguments]
    made = client.api.exec_create(container, command, stdin=True)["Id"]
    with closing(frames(client.api, made)) as parts:
        for stream, data in parts:
            to = sys.stderr if stream == STDERR else sys.stdout
            to.write(data.decode(errors="replace"))
            to.flush()
    return client.api.exec_inspect(made)["ExitCode"] or 0
