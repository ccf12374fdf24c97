"""`python -m cyberhubs.images.pull REFERENCE --named NAME`: pulls an image of a registry to the engine of DOCKER_HOST.

The registry's login comes by stdin, as JSON, {} for none. The image's id goes to stdout, what is seen of the pull to
stderr. One that is named by its digest and is there is not pulled again.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from contextlib import suppress

from docker import DockerClient
from docker.errors import ImageNotFound
from docker.models.images import Image

from cyberhubs.errors import UserError
from cyberhubs.images.print_id import print_id
from cyberhubs.images.registry import SILENT_S, pull
from cyberhubs.progress import Report

MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}  # the kernel's name → Docker's


def get(client: DockerClient, reference: str, login: Mapping[str, str]) -> Image:
    """The image, pulled if need be. Raises UserError, and leaves the engine's images as they were then."""
    before = None
    with suppress(ImageNotFound):
        before = client.images.get(reference)
    image = before
    if image is None or "@" not in reference:
        with Report().step(f"image {reference}: pulling") as step:
            try:
                image = pull(client, reference, login, step)
            except UserError as error:
                if image is None:
                    raise
                print(f"{error}\nThe image of that name on the engine is used.", file=sys.stderr)
    try:
        check_architecture(client, reference, image)
    except UserError:
        if before:
            before.tag(reference)
        else:
            client.images.remove(reference)
        raise
    return image


def check_architecture(client: DockerClient, reference: str, image: Image) -> None:
    """Raises UserError for an image that the engine's machine cannot run."""
    machine = client.info()["Architecture"]
    here, made_for = MACHINES.get(machine, machine), image.attrs["Architecture"]
    if made_for != here:
        raise UserError(
            f"{reference} is made for {made_for}, and the machine is {here}. Name one that is for it."
        )


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="cyberhubs.images.pull",
        description="Pulls an image; the registry's login comes by stdin, as JSON.",
    )
    parser.add_argument("reference", help="registry/name:tag or registry/name@sha256:…")
    parser.add_argument(
        "--named", required=True, help="what it is called on the engine besides, with a tag"
    )
    asked = parser.parse_args()

    def image_id() -> str:
        image = get(DockerClient.from_env(timeout=SILENT_S), asked.reference, json.load(sys.stdin))
        image.tag(asked.named)
        return str(image.id)

    return print_id(image_id)


if __name__ == "__main__":
    sys.exit(main())
