"""`make prune`: room on the disk of the images, after saying which go."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from cyberhubs_hub.shared import pruning
from cyberhubs_hub.shared.pruning import Image
from docker import DockerClient
from docker.errors import ImageNotFound

from cyberhubs.ops.engine import engine, image_directory
from cyberhubs.ops.lock import locked
from cyberhubs.ops.register import ask
from cyberhubs.ops.rollback import age
from cyberhubs.ops.stack import Stack
from cyberhubs.paths import stack_files
from cyberhubs.settings.stack_file import read_stack_file

PATIENCE_S = 600  # for an engine that adds up what its images take


@locked
def prune(stack: Stack, yes: str = "") -> None:
    """Removes images of Cyberhubs that nothing needs from the machine; asks before, unless `yes` is given."""
    with engine(stack.machine) as client:
        client.api.timeout = PATIENCE_S
        needed = pruning.needed(client.api) | set(_held(stack, client))
        images = pruning.unneeded(pruning.look(client.api), needed, datetime.now(UTC))
        if not images:
            print("Nothing to remove: every image of Cyberhubs on the machine is needed.")
            return
        bytes_of = _own_bytes(client)
        for line in _lines(images, bytes_of):
            print(line)
        freed = sum(bytes_of.get(image.id, 0) for image in images)
        print(
            f"\nThese would go, {_gb(freed)} at least; what they share with one another comes on top. What containers use, "
            "what members can start, what stack files hold and the last two of each application stay."
        )
        if not yes and ask("Remove them? Type yes: ", input) != "yes":
            print("Nothing was removed.")
            return
        directory = image_directory(client)
        before = stack.machine.free_space(directory)
        count = sum(1 for _ in pruning.remove(client.api, images))
        after = stack.machine.free_space(directory)
        free, inodes = max(0, after.free - before.free), max(0, after.inodes - before.inodes)
        print(f"{count} removed: {_gb(free)} and {inodes} inodes more are free in {directory}.")


def _held(stack: Stack, client: DockerClient) -> Iterator[str]:
    """Ids of what this stack file and those beside it hold."""
    for file in stack_files(stack.file.parent).values():
        images = read_stack_file(file)[0].get("images")
        held = images.get("held") if isinstance(images, dict) else None
        for image in held.values() if isinstance(held, dict) else ():
            try:
                yield str(client.images.get(str(image)).id)
            except ImageNotFound:
                continue


def _lines(images: Iterable[Image], bytes_of: Mapping[str, int]) -> Iterator[str]:
    """By application, the newest first."""
    by_application: dict[str, list[Image]] = {}
    for image in images:
        by_application.setdefault(", ".join(image.applications), []).append(image)
    for application, of in sorted(by_application.items()):
        yield application or "left by builds"
        for image in sorted(of, key=lambda image: image.since, reverse=True):
            name = next(iter(image.names), image.id.removeprefix("sha256:")[:12])
            yield f"  {name:50} {age(image.since):15} {_gb(bytes_of.get(image.id, 0))}"


def _own_bytes(client: DockerClient) -> dict[str, int]:
    """Of each image by its id, without what it shares with others."""
    listed = client.df().get("Images") or ()
    return {one["Id"]: one["Size"] - max(0, one["SharedSize"]) for one in listed}


def _gb(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.0f} MB"
