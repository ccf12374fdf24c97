"""The images of a stack, in a registry for others."""

import re
from collections.abc import Iterator
from pathlib import Path

import yaml
from docker.errors import ImageNotFound

from cyberhubs.errors import UserError
from cyberhubs.images import commands
from cyberhubs.images.registry import SILENT_S, push
from cyberhubs.ops.engine import engine
from cyberhubs.ops.lock import locked
from cyberhubs.ops.login import login_for
from cyberhubs.ops.stack import Stack
from cyberhubs.progress import Report

LOCK = """\
# Images of Cyberhubs in a registry, by what each was built from. Written by `make publish`; read through
# cyberhubs:images: {{lock: {name}}} in a stack file beside it.
"""


@locked
def publish(stack: Stack, to: str = "") -> None:
    """Pushes the images of ours that the last update has made, and writes the lock file with their digests beside the
    stack file, once all of them are there."""
    group = to.rstrip("/")
    if not re.fullmatch(r"[a-z0-9.-]+(:\d+)?(/[a-z0-9._-]+)+", group, re.ASCII):
        raise UserError(
            f"{to or 'Nothing'} is not where images can go: say TO=registry.example.org/group, without https://. "
            "On Docker Hub that is TO=docker.io/group."
        )
    names = sorted(filter(None, (commands.name_of(one["inputs"]) for one in _images(stack))))
    if not names:
        raise UserError(
            f"Stack {stack.name} has no images yet: `make up STACK={stack.name}` makes and tries them."
        )
    login, lock = login_for(stack, f"{group}/"), {}
    with engine(stack.machine) as client:
        client.api.timeout = SILENT_S
        for name in names:
            with Report().step(f"image {name}: pushing to {group}") as step:
                there = f"{group}/{name.partition('/')[2]}"
                try:
                    client.images.get(name).tag(there)
                except ImageNotFound:
                    raise UserError(
                        f"The engine no longer has {name}: `make up STACK={stack.name}` makes it again."
                    ) from None
                repository = there.rpartition(":")[0]
                try:
                    lock[name] = f"{repository}@{push(client, there, login, step)}"
                finally:
                    client.images.remove(there, noprune=True)
            print(f"{name}: {lock[name]}")
    file = stack.file.with_name(f"images.{stack.name}.lock.yaml")
    _replace(file, LOCK.format(name=file.name) + yaml.safe_dump(lock, width=1000))
    print(
        f"\n{file.name} has them. Commit it, and write in each stack file that is to pull them:\n\n"
        f"  cyberhubs:images: {{lock: {file.name}}}"
    )


def _images(stack: Stack) -> Iterator[dict]:
    return (one for one in stack.resources if "::images-" in one["urn"])


def _replace(file: Path, text: str) -> None:
    new = file.with_suffix(".new")
    new.write_text(text)
    new.replace(file)
