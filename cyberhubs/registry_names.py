"""What registries are called, in the names of images and in Dockerfiles."""

import re
from collections.abc import Mapping
from string import Template

DOCKER_HUB = "docker.io"
# In a Dockerfile: an argument's default, the image that a stage begins with, and one that files come from.
_IMAGES = re.compile(
    r"^\s*(?:ARG\s+\w+=|FROM\s+(?:--\S+\s+)*|COPY\s.*?--from=)\"?([^\s\"]+)", re.I | re.M
)


def registry_of(reference: str) -> str:
    """Of an image: Docker Hub where its name begins with no other."""
    first, slash, _ = reference.partition("/")
    return first if slash and (re.search("[.:]", first) or first == "localhost") else DOCKER_HUB


def registries_of(dockerfile: str, arguments: Mapping[str, str]) -> set[str]:
    """Of the images that a Dockerfile, by its text, takes; `arguments`: of the build. Docker Hub may be there without need:
    stages have names like its images."""
    names = (Template(name).safe_substitute(arguments) for name in _IMAGES.findall(dockerfile))
    return {registry_of(name) for name in names}
