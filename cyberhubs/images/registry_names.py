"""What registries are called in the names of images, and the images that a Dockerfile names."""

import re
from collections.abc import Mapping, Sequence

DOCKER_HUB = "docker.io"
_NO_IMAGE = "scratch"
_COMMENT = re.compile(r"^\s*#.*\n?", re.M)
_CONTINUED = re.compile(r"\\[ \t]*\n")
_INSTRUCTION = re.compile(r"^\s*(ARG|FROM|COPY)\s+(.*)", re.I | re.M)
_DEFAULT = re.compile(r"(\w+)=(\"[^\"]*\"|'[^']*'|\S*)")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::?-([^}]*))?\})")


def registry_of(reference: str) -> str:
    """Of an image: Docker Hub where its name begins with no other."""
    first, slash, _ = reference.partition("/")
    return first if slash and (re.search("[.:]", first) or first == "localhost") else DOCKER_HUB


def images_of(dockerfile: str, arguments: Mapping[str, str]) -> Sequence[str]:
    """Those that a Dockerfile, by its text, begins its stages with or copies files from; `arguments`: of the build. A
    variable without a value stays in the name."""
    known: dict[str, str] = {}
    stages = {_NO_IMAGE}
    found: dict[str, None] = {}
    text = _CONTINUED.sub(" ", _COMMENT.sub("", dockerfile))
    for instruction, rest in _INSTRUCTION.findall(text):
        words = rest.split()
        if instruction.upper() == "ARG":
            known |= {name: value.strip("\"'") for name, value in _DEFAULT.findall(rest)}
            continue
        if instruction.upper() == "FROM":
            names, stage = _begins(words)
        else:
            names, stage = _copies(words), None
        for name in names:
            image = _resolved(name.strip("\"'"), known, arguments)
            if image.lower() not in stages and not image.isdecimal():
                found[image] = None
        stages |= {stage.lower()} if stage else set()
    return [*found]


def _begins(words: Sequence[str]) -> tuple[Sequence[str], str | None]:
    """Of FROM: the image, and what the stage is called."""
    words = [word for word in words if not word.startswith("--")]
    named = len(words) > 2 and words[1].lower() == "as"
    return words[:1], words[2] if named else None


def _copies(words: Sequence[str]) -> Sequence[str]:
    """Of COPY: where it takes files from, if not from the context."""
    return [word.partition("=")[2] for word in words if word.lower().startswith("--from=")]


def _resolved(name: str, known: Mapping[str, str], arguments: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        variable = found[1] or found[2]
        return arguments.get(variable) or known.get(variable) or found[3] or found[0]

    return _VARIABLE.sub(value, name)
