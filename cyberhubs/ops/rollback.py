"""`make rollback`: members start the image of an application that they had before."""

from datetime import UTC, datetime

from cyberhubs_hub.shared.images import last_tried
from docker import DockerClient
from docker.models.images import Image

from cyberhubs.errors import UserError
from cyberhubs.names import short
from cyberhubs.ops.engine import engine
from cyberhubs.ops.stack import Stack
from cyberhubs.ops.up import up
from cyberhubs.settings.problems import one_of


def rollback(stack: Stack, application: str = "") -> None:
    """Holds it in the stack file at the one before, and brings the stack up. Raises UserError where there is none."""
    known = dict.fromkeys(name for hub in stack.settings.hubs for name in hub.applications)
    if application not in known:
        raise UserError(f"Say APPLICATION=: {one_of(application, known)}.")
    if held := stack.settings.images.held.get(application):
        raise UserError(
            f"{stack.file.name} holds {application} already, at {short(held)}: `make up STACK={stack.name}` sees that "
            f"members get it. {_forward(stack, application)}"
        )
    with engine(stack.machine) as client:
        tried = last_tried(
            (str(image.id), image.tags) for image in client.images.list(name="cyberhubs/tried")
        ).get((stack.name, application), {})
        if len(tried) < 2:
            raise UserError(
                f"The machine has no image of {application} that members had before the one of now: nothing was changed. "
                f"Undo what has changed it, in its folder or the stack file, and run `make up STACK={stack.name}`."
            )
        now, before = [*tried][:2]
        print(f"Members start now: {_about(client, now, tried[now])}")
        print(f"The one before:    {_about(client, before, tried[before])}")
    stack.set_config(f'cyberhubs:images.held["{application}"]', before)
    print(f"{stack.file.name} holds {application} at that one now. Running servers go on.\n")
    up(stack)
    print(f"\n{application} is back at {short(before)}. {_forward(stack, application)}")


def _forward(stack: Stack, application: str) -> str:
    return (
        f"To go forward again, take {application} out of `held` in {stack.file.name} (cyberhubs:images), and "
        f"`make up STACK={stack.name}`."
    )


def _about(client: DockerClient, id: str, tried: datetime) -> str:
    """What it is, and how old."""
    image: Image = client.images.get(id)
    names = [name for name in image.tags if not name.startswith("cyberhubs/tried:")]
    made = datetime.fromisoformat(image.attrs["Created"])
    return (
        f"{', '.join(names) or 'an image that has lost its name'} ({short(id)}), made {age(made)}, tried {age(tried)}, "
        f"{image.attrs['Size'] / 1e9:.1f} GB"
    )


def age(at: datetime) -> str:
    """How long ago, in words."""
    seconds = (datetime.now(UTC) - at).total_seconds()
    for unit, of in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if (count := int(seconds // of)) >= 1:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"
