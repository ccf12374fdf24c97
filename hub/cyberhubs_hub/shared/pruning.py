"""Which images of Cyberhubs an engine no longer needs, and their removal.

`engine`: a docker.APIClient; of the standard library only, this module is for both sides.
"""

import io
import json
import os
import tarfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cyberhubs_hub.shared.config import LIVE_DIR, ROLE_LABEL
from cyberhubs_hub.shared.images import (
    KEPT,
    LEFT,
    OURS,
    familiar,
    last_tried,
    pulled_name,
    read_tried,
)

TITLE, TITLED = (
    "org.opencontainers.image.title",
    "Cyberhubs ",
)  # the first layer's label of each of our builds
SPARED, SPARED_IF_FULL = timedelta(days=7), timedelta(hours=1)
NOT_THERE, CONFLICT = 404, 409  # what an engine answers


@dataclass(frozen=True)
class Image:
    """`names`: empty for what a build has left that was killed; `digests`: by which registries know it; `layers`: their digests, the base
    first; `since`: when it was made, or named the last time."""

    id: str
    names: tuple[str, ...]
    layers: tuple[str, ...]
    since: datetime
    digests: tuple[str, ...] = ()

    @property
    def applications(self) -> list[str]:
        """Of which it is an image, by its names; empty for what a build has left."""
        own = [name for name in self.names if name.startswith(OURS) and not name.startswith(LEFT)]
        return sorted(
            {
                tried.application
                if (tried := read_tried(name))
                else name[len(OURS) :].partition(":")[0]
                for name in own
            }
        )


def ours(names: Collection[str]) -> bool:
    """Whether Cyberhubs has built or pulled the image, and nobody else has named it."""
    own = [name for name in names if name.startswith(OURS)]
    pulled = {one.partition(":")[2] for one in own}
    return bool(own) and all(
        pulled_name("any", familiar(name)).partition(":")[2] in pulled
        for name in names
        if name not in own
    )


def unneeded(images: Collection[Image], needed: Collection[str], before: datetime) -> list[Image]:
    """Those of ours that nothing holds. `needed`: ids that containers have, that are on menus, or held by a stack file;
    `before`: none that was made or named later."""
    tried = last_tried((image.id, image.names) for image in images)
    last = {id for of in tried.values() for id in [*of][:KEPT]}
    kept = [image for image in images if image.id in last or image.id in needed]
    held = {image.id for image in kept}
    return [
        image
        for image in images
        if image.id not in held
        and image.since < before
        # What a kept one is built on costs nothing.
        and not any(image.layers == one.layers[: len(image.layers)] for one in kept)
    ]


def look(engine: Any) -> list[Image]:
    """Those of ours on the engine, with what builds have left without a name."""
    found = []
    for listed in engine.images():
        names = [name for name in listed["RepoTags"] or () if name != "<none>:<none>"]
        left = not names and (listed["Labels"] or {}).get(TITLE, "").startswith(TITLED)
        if not left and not ours(names):
            continue
        with _unless(NOT_THERE):
            about = engine.inspect_image(listed["Id"])
            since = max(map(_time, (about["Created"], about["Metadata"]["LastTagTime"])))
            digests = (d for d in listed["RepoDigests"] or () if d != "<none>@<none>")
            layers = tuple(about["RootFS"].get("Layers") or ())
            found.append(Image(listed["Id"], tuple(names), layers, since, tuple(digests)))
    return found


def needed(engine: Any) -> set[str]:
    """Ids of images that containers have, be they stopped, and that the menus of all hubs on the engine name."""
    containers = engine.containers(all=True)
    ids = {container["ImageID"] for container in containers}
    for container in containers:
        if container["Labels"].get(ROLE_LABEL) == "hub":
            ids |= set(_menu(engine, container["Id"]))
    return ids


def make_room(engine: Any, disk: str, prune_at: int) -> Iterator[Image]:
    """Removes what nobody has made or named for long, or, with so many percent of `disk` in use, not just now: an update
    may be about to try it. `disk`: a path on the file system of the images."""
    spared = SPARED_IF_FULL if in_use(disk) >= prune_at else SPARED
    now = datetime.now(UTC)
    yield from remove(engine, unneeded(look(engine), needed(engine), now - spared))


def in_use(path: str) -> float:
    """Percent of a file system, of bytes or inodes, whichever are more."""
    stat = os.statvfs(path)
    bytes_left = stat.f_bavail / (stat.f_blocks - stat.f_bfree + stat.f_bavail or 1)
    inodes_left = stat.f_favail / stat.f_files if stat.f_files else 1  # 0: nobody counts them
    return 100 * (1 - min(bytes_left, inodes_left))


def remove(engine: Any, images: Iterable[Image]) -> Iterator[Image]:
    """Those that could be: what somebody has begun to use meanwhile stays."""
    for image in images:
        for name in (*image.names, *image.digests) or (image.id,):
            with _unless(NOT_THERE, CONFLICT):
                engine.remove_image(name)
        yield image


def _menu(engine: Any, hub: str) -> Iterator[str]:
    """Of a hub, also one that does not run."""
    with _unless(NOT_THERE):
        chunks, _ = engine.get_archive(hub, f"{LIVE_DIR}/applications.json")
        with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
            for member in archive:
                if file := archive.extractfile(member):
                    yield from (entry["image"] for entry in json.load(file))


def _time(text: str) -> datetime:
    """Of an engine, which has the year 1 for never."""
    return datetime.fromisoformat(text).astimezone(UTC) if not text.startswith("0001") else _NEVER


_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@contextmanager
def _unless(*statuses: int) -> Iterator[None]:
    """Goes on where the engine answers so."""
    try:
        yield
    except Exception as error:
        if getattr(error, "status_code", None) not in statuses:
            raise
