"""The commands that get an image onto an engine and print its id, and what one of them says."""

import shlex
from collections.abc import Mapping
from typing import Any

from cyberhubs.processes import python_module

BUILD, PULL, NAMED = "cyberhubs.build", "cyberhubs.pull", "--named"


def build(name: str, *source: str) -> str:
    return python_module(BUILD, name, *source)


def pull(reference: str, named: str = "") -> str:
    """`named`: the name by which a build would know it."""
    return python_module(PULL, reference, *((NAMED, named) if named else ()))


def name_of(inputs: Mapping[str, Any]) -> str | None:
    """What an image of ours is called on the engine, by the inputs of its command; None for one of others."""
    words = _words(inputs)
    if NAMED in words:
        return words[words.index(NAMED) + 1]
    return words[words.index(BUILD) + 1] if BUILD in words else None


def pulled(inputs: Mapping[str, Any]) -> str | None:
    """What a registry is asked for."""
    words = _words(inputs)
    return words[words.index(PULL) + 1] if PULL in words else None


def _words(inputs: Mapping[str, Any]) -> list[str]:
    command = inputs.get("create")
    return shlex.split(command) if isinstance(command, str) else []
