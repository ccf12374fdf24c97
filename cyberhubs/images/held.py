"""`python -m cyberhubs.images.held APPLICATION IMAGE`: the id of an image that the engine of DOCKER_HOST has, at
which the stack file holds an application."""

import argparse
import sys

from docker import DockerClient
from docker.errors import ImageNotFound
from docker.models.images import Image

from cyberhubs.errors import UserError
from cyberhubs.images.print_id import print_id


def find(client: DockerClient, application: str, image: str) -> Image:
    """`image`: its id or its name there. Raises UserError."""
    try:
        return client.images.get(image)
    except ImageNotFound:
        raise UserError(
            f"The machine does not have {image}, at which the stack file holds {application} (cyberhubs:images). Take that "
            f"out there: {application} is built or pulled, then, as its folder or the stack file says."
        ) from None


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="cyberhubs.images.held", description="The id of an image that an engine has."
    )
    parser.add_argument("application", help="which is held at it")
    parser.add_argument("image", help="its id, or its name on the engine")
    asked = parser.parse_args()
    return print_id(lambda: str(find(DockerClient.from_env(), asked.application, asked.image).id))


if __name__ == "__main__":
    sys.exit(main())
