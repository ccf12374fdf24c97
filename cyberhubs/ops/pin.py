"""What a registry has under a tag, written down."""

from collections.abc import Iterator

from cyberhubs_hub.shared.images import familiar
from docker import DockerClient
from docker.errors import ImageNotFound

from cyberhubs.images.registry import SILENT_S, digest_of
from cyberhubs.ops.engine import engine
from cyberhubs.ops.login import login_for
from cyberhubs.ops.stack import Stack
from policy.containers import FIXED, OURS


def pin(stack: Stack) -> None:
    """Writes the digest of each image that the stack file names by a tag behind the tag: of the one that the engine has
    by that name, else of the one that the registry has."""
    moving = dict(_moving(stack))
    if not moving:
        print(f"{stack.file.name} names no image by a tag alone.")
        return
    with engine(stack.machine) as client:
        client.api.timeout = SILENT_S
        fixed = {key: _fixed(stack, client, image) for key, image in moving.items()}
    for key, image in fixed.items():
        stack.set_config(f"cyberhubs:{key}", image)
        print(f"{key}: {image}")


def _moving(stack: Stack) -> Iterator[tuple[str, str]]:
    settings = stack.settings
    given = {f"images.{key}": getattr(settings.images, key) for key in ("base", "caddy")}
    for name, one in settings.applications.items():
        given[f"applications.{name}.image"] = getattr(one, "image", None) or ""
    for key, image in given.items():
        if image and not FIXED.fullmatch(image) and not image.startswith(OURS):
            yield key, image


def _fixed(stack: Stack, client: DockerClient, image: str) -> str:
    name = image if ":" in image.rpartition("/")[2] else f"{image}:latest"
    try:
        known = client.images.get(name).attrs["RepoDigests"]
    except ImageNotFound:
        known = []
    repository = familiar(name).rpartition(":")[0]
    for digest in known:
        if digest.partition("@")[0] == repository:
            return f"{name}@{digest.partition('@')[2]}"
    return f"{name}@{digest_of(client, name, login_for(stack, name))}"
