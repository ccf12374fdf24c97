"""The rule about secrets. What is marked as one comes here as "[secret]", so whatever else looks like one is readable."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cyberhubs.changes.resource import Resource
from cyberhubs.settings.base import HIDDEN

# In a copy of a stack file each encrypted value is this word and its path: with the path, it has lost its mark.
LOST = re.compile(rf"{re.escape(HIDDEN)} ([\w.:-]+)")
SHAPES = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a token of GitHub": r"\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{22})",
    "a token of GitLab": r"\bglpat-[\w-]{20}",
    "a key of Amazon's": r"\b(AKIA|ASIA)[0-9A-Z]{16}\b",
    "a token of Slack": r"\bxox[abeoprs]-[\w-]{10}",
    "a signed token (JWT)": r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.",
    "an address with a password": r"\w://[^/\s:@]+:[^/\s@]+@",
}


def secrets_encrypted(resources: Sequence[Resource]) -> Iterator[str]:
    """Names what is there, and never shows it."""
    for resource in resources:
        for key, text in _texts(resource.inputs):
            where = f"{key} of {resource.name}"
            yield from (f"{where} has {path} in plain text" for path in LOST.findall(text))
            yield from (
                f"{where} has {what} in plain text"
                for what, shape in SHAPES.items()
                if re.search(shape, text)
            )


def _texts(inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """All texts in the value of each key, keys of mappings included."""
    for key, value in inputs.items():
        waiting = [value]
        while waiting:
            one = waiting.pop()
            if isinstance(one, str):
                yield key, one
            elif isinstance(one, Mapping):
                waiting += [*one, *one.values()]
            elif isinstance(one, Sequence):
                waiting += one
