"""`python -m cyberhubs.pull REFERENCE`: pulls an image of a registry to the engine of DOCKER_HOST.

The image's id goes to stdout, what is seen of the pull to stderr. One that is named by its digest and is there is not
pulled again.
"""

import argparse
import os
import sys
from typing import Any

from docker import DockerClient
from docker.errors import APIError, DockerException, ImageNotFound
from docker.models.images import Image
from requests.exceptions import RequestException

from cyberhubs.errors import UserError, disk_full
from cyberhubs.progress import Report, Step

SILENT_S = 120  # a registry that sends nothing for so long does not send any more
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}  # the kernel's name → Docker's


def pull(client: DockerClient, reference: str, step: Step) -> Image:
    """Raises UserError with what the registry says, in words."""
    name = (
        reference
        if "@" in reference or ":" in reference.rpartition("/")[2]
        else f"{reference}:latest"
    )
    try:
        for message in client.api.pull(name, stream=True, decode=True):
            if "error" in message:
                raise UserError(_reason(name, message["error"]))
            step.show(_shown(message))
    except APIError as error:
        raise UserError(_reason(name, str(error.explanation or error))) from None
    except RequestException:
        raise UserError(
            f"Pulling {name} stopped: nothing came for {SILENT_S} s. See that the registry answers, then run the same "
            "command again: what has come is kept."
        ) from None
    return client.images.get(name)


def _shown(message: dict[str, Any]) -> str:
    return f"{message.get('status', '')} {message.get('id', '')} {message.get('progress', '')}"


def _reason(name: str, said: str) -> str:
    low = said.lower()
    if "no space left" in low:
        return f"Pulling {name}: {disk_full('the engine')}"
    if "no matching manifest" in low:
        return f"{name} is not made for this kind of processor ({said}). Name one that is."
    if "manifest unknown" in low or "not found" in low or "does not exist" in low:
        return f"There is no image {name}, or it is not for everybody ({said}). See that the name is right."
    if "unauthorized" in low or "denied" in low or "authentication" in low:
        return f"The registry does not give {name} to everybody ({said})."
    return f"Pulling {name} failed: {said}. See that the registry answers, then run the same command again."


def check_architecture(client: DockerClient, reference: str, image: Image) -> None:
    """Raises UserError for an image that the engine's machine cannot run."""
    machine = client.info()["Architecture"]
    here, made_for = MACHINES.get(machine, machine), image.attrs["Architecture"]
    if made_for != here:
        raise UserError(
            f"{reference} is made for {made_for}, and the machine is {here}. Name one that is for it."
        )


def main() -> int:
    parser = argparse.ArgumentParser(prog="cyberhubs.pull", description="Pulls an image.")
    parser.add_argument("reference", help="registry/name:tag or registry/name@sha256:…")
    reference = parser.parse_args().reference
    try:
        client = DockerClient.from_env(timeout=SILENT_S)
        try:
            there = client.images.get(reference)
        except ImageNotFound:
            there = None
        if there is None or "@" not in reference:
            with Report().step(f"image {reference}: pulling") as step:
                try:
                    there = pull(client, reference, step)
                except UserError as error:
                    if there is None:
                        raise
                    print(
                        f"{error}\nThe image of that name on the engine is used.", file=sys.stderr
                    )
        check_architecture(client, reference, there)
        print(there.id)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    except DockerException as error:
        engine = os.environ.get("DOCKER_HOST", "this machine")
        print(f"The Docker engine at {engine} does not do it: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
