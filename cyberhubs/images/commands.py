"""The commands that get an image onto an engine, or find one there, and print its id; and what one of them says."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from cyberhubs_hub.shared.images import pulled_name

from cyberhubs.processes import python_module

BUILD, PULL, HELD = "cyberhubs.images.build", "cyberhubs.images.pull", "cyberhubs.images.held"
NAMED, TAKES = "--named", "--takes"


def build(name: str, *source: str, takes: Sequence[str] = ()) -> str:
    """`takes`: images that it begins with or copies from. Said here, as what comes by stdin may be a secret."""
    return python_module(BUILD, name, *source, *((TAKES, *takes) if takes else ()))


def pull(reference: str, named: str) -> str:
    """`named`: what it is called on the engine."""
    return python_module(PULL, reference, NAMED, named)


def hold(application: str, image: str) -> str:
    """`image`: id or name of one that the engine has."""
    return python_module(HELD, application, image)


def name_of(inputs: Mapping[str, Any]) -> str | None:
    """What an image of ours is called on the engine, by the inputs of its command; None for one of others."""
    words = _words(inputs)
    if BUILD in words:
        return words[words.index(BUILD) + 1]
    if NAMED not in words:
        return None
    named = words[words.index(NAMED) + 1]
    application = named.partition("/")[2].partition(":")[0]
    return None if named == pulled_name(application, words[words.index(PULL) + 1]) else named


def pulled(inputs: Mapping[str, Any]) -> str | None:
    """What a registry is asked for."""
    words = _words(inputs)
    return words[words.index(PULL) + 1] if PULL in words else None


def taken(inputs: Mapping[str, Any]) -> Sequence[str]:
    """What a build takes images from."""
    words = _words(inputs)
    return words[words.index(TAKES) + 1 :] if TAKES in words else ()


def held(inputs: Mapping[str, Any]) -> str | None:
    """The image at which an application is held."""
    words = _words(inputs)
    return words[words.index(HELD) + 2] if HELD in words else None


def _words(inputs: Mapping[str, Any]) -> list[str]:
    command = inputs.get("create")
    return shlex.split(command) if isinstance(command, str) else []
