"""What the images of Cyberhubs are called on an engine, where the names are the record of what each is."""

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

OURS = "cyberhubs/"
"""What all of their names begin with: APPLICATION:HASH of what it was built or pulled from, tried:STACK.APPLICATION.TIME
of one that has passed the trial of a hub, and left:APPLICATION.LAYER of what a build has left."""
LEFT = f"{OURS}left:"
KEPT = 2  # of those that have passed, of each application of a stack

_TIME = "%Y%m%dT%H%M%SZ"
_TRIED = re.compile(rf"{OURS}tried:([a-z0-9-]+)\.([a-z0-9-]+)\.(\d{{8}}T\d{{6}}Z)")


class Tried(NamedTuple):
    """A name that a hub has given to an image after its trial."""

    stack: str
    application: str
    at: datetime


def tried_name(stack: str, application: str, at: datetime) -> str:
    return f"{OURS}tried:{stack}.{application}.{at.astimezone(UTC).strftime(_TIME)}"


def read_tried(name: str) -> Tried | None:
    """None for any other name."""
    if not (found := _TRIED.fullmatch(name)):
        return None
    stack, application, at = found.groups()
    return Tried(stack, application, datetime.strptime(at, _TIME).replace(tzinfo=UTC))


def pulled_name(application: str, reference: str) -> str:
    """Of an image of a registry."""
    return f"{OURS}{application}:{hashlib.sha256(familiar(reference).encode()).hexdigest()[:12]}"


def left_name(name: str, layer: str) -> str:
    """Of the last layer of a build that was to be called `name`, or of a stage of it."""
    return f"{LEFT}{name.removeprefix(OURS).partition(':')[0]}.{layer}"


def familiar(reference: str) -> str:
    """An image as an engine shows it, with the tag that is meant where none is said."""
    name = re.sub(r"^(docker\.io/)?(library/)?", "", reference)
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def last_tried(
    images: Iterable[tuple[str, Iterable[str]]],
) -> dict[tuple[str, str], dict[str, datetime]]:
    """(stack, application) → ids of images by when they last passed, the newest first. `images`: ids with their names."""
    found: dict[tuple[str, str], dict[str, datetime]] = {}
    for id, names in images:
        for tried in filter(None, map(read_tried, names)):
            of = found.setdefault((tried.stack, tried.application), {})
            of[id] = max(tried.at, of.get(id, tried.at))
    return {
        key: dict(sorted(of.items(), key=lambda one: one[1], reverse=True))
        for key, of in found.items()
    }
