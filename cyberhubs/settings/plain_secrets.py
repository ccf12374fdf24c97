"""Secrets that stand in a stack file as they are."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, SecretStr

from cyberhubs.settings.base import HIDDEN
from cyberhubs.settings.load import Settings
from cyberhubs.settings.problems import KeyPath, path_text

LEAST = 16  # characters; what is shorter, as none-yet, holds a place. As in .gitleaks.toml.


def plain_secrets(settings: Settings) -> list[str]:
    """Their keys, of settings that were read from the file."""
    hubs = {hub.name: hub for hub in settings.hubs}
    return [path_text(path) for path in _plain({**vars(settings), "hubs": hubs}, ())]


def _plain(value: Any, path: KeyPath) -> Iterator[KeyPath]:
    if isinstance(value, SecretStr):
        text = value.get_secret_value()
        if not text.startswith(HIDDEN) and len(text) >= LEAST:
            yield path
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from _plain(getattr(value, name), (*path, field.alias or name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _plain(item, (*path, str(key)))
