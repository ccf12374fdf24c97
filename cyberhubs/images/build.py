"""`python -m cyberhubs.images.build NAME DOCKERFILE`: builds an image of this checkout, of another folder, or of a
git repository on the engine of DOCKER_HOST.

By stdin come the build arguments and the logins of registries, as JSON: {"arguments": {NAME: text}, "logins": {REGISTRY:
{"username": text, "password": text}}}. The image's id goes to stdout, what is seen of the build to stderr. An image that
has this name already is not built again.

The engine's own builder: every engine has it, and it makes the same image whichever Pulumi plugin is used.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from docker import DockerClient
from docker.errors import ImageNotFound

from cyberhubs.images.build_messages import built
from cyberhubs.images.print_id import print_id
from cyberhubs.images.registry import log_in
from cyberhubs.paths import CHECKOUT
from cyberhubs.progress import Report, Step


def build(
    client: DockerClient,
    name: str,
    context: Path,
    dockerfile: str,
    arguments: Mapping[str, str],
    step: Step,
) -> str:
    """The id of the image that `dockerfile`, a path in `context`, makes of it, without what .dockerignore names. Raises
    as `built`."""
    options = {"path": str(context), "dockerfile": dockerfile, "buildargs": dict(arguments)}
    return built(client, name, step, **options)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="cyberhubs.images.build",
        description="Builds an image; its build arguments and the logins of registries come by stdin, as JSON.",
    )
    parser.add_argument("name", help="what it is called on the engine, with a tag")
    parser.add_argument("dockerfile", nargs="?", help="a path in the context")
    parser.add_argument(
        "--context",
        type=Path,
        default=CHECKOUT,
        help="the folder that is sent (default: the checkout)",
    )
    parser.add_argument(
        "--repository",
        nargs=2,
        metavar=("URL", "COMMIT"),
        help="in place of a Dockerfile: a git repository, and which commit of it",
    )
    parser.add_argument(
        "--takes",
        nargs="+",
        metavar="IMAGE",
        help="what the Dockerfile begins with or copies from, for who reads this command: the build asks the Dockerfile",
    )
    asked = parser.parse_args()
    given = json.load(sys.stdin)
    arguments = given["arguments"]

    def image_id() -> str:
        client = DockerClient.from_env()
        try:
            image = client.images.get(asked.name)
            image.tag(asked.name)  # named again, so that no hub removes it before its trial
            return str(image.id)
        except ImageNotFound:
            for registry, login in given["logins"].items():
                log_in(client, registry, login)
            with Report().step(f"image {asked.name}: building") as step:
                if asked.repository:
                    from cyberhubs.images import repository  # 0.3 s, for who has any

                    url, commit = asked.repository
                    return repository.build(client, asked.name, url, commit, arguments, step)
                return build(client, asked.name, asked.context, asked.dockerfile, arguments, step)

    return print_id(image_id)


if __name__ == "__main__":
    sys.exit(main())
