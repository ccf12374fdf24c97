"""The last lines of each container of the hubs and the front door."""

from cyberhubs.names import HUB, ROLE
from cyberhubs.ops.engine import containers_of, engine
from cyberhubs.ops.stack import Stack

LINES = 100


def logs(stack: Stack) -> None:
    with engine(stack.machine) as client:
        for container in containers_of(client, stack.name):
            if container.labels[ROLE] == "user":
                continue
            text = container.logs(tail=LINES, timestamps=True).decode(errors="replace")
            for line in text.splitlines():
                print(f"{container.labels.get(HUB, 'front')}/{container.labels[ROLE]} | {line}")
