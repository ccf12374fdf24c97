"""The commands that get an image onto an engine, or find one there, and print its id; and what one of them says."""

import shlex
from collections.abc import Mapping
from typing import Any

from cyberhubs_hub.shared.images import pulled_name

from cyberhubs.processes import python_module

BUILD, PULL, HELD, NAMED = "cyberhubs.build", "cyberhubs.pull", "cyberhubs.held", "--named"


def build(name: str, *source: str) -> str:
    return python_module(BUILD, name, *source)


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


def held(inputs: Mapping[str, Any]) -> str | None:
    """The image at which an application is held."""
    words = _words(inputs)
    return words[words.index(HELD) + 2] if HELD in words else None


def _words(inputs: Mapping[str, Any]) -> list[str]:
    command = inputs.get("create")
    return shlex.split(command) if isinstance(command, str) else []
