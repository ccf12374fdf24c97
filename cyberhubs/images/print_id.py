"""How a command ends that gets an image onto the engine of DOCKER_HOST."""

import os
import sys
from collections.abc import Callable

from docker.errors import DockerException

from cyberhubs.errors import UserError


def print_id(get: Callable[[], str]) -> int:
    """Its id on stdout, or on stderr why there is none; the exit status."""
    try:
        print(get())
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    except DockerException as error:
        engine = os.environ.get("DOCKER_HOST", "this machine")
        print(f"The Docker engine at {engine} does not do it: {error}", file=sys.stderr)
        return 1
    return 0
