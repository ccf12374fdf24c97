"""The stack file as Pulumi has read it."""

import json

import pulumi
from pulumi.runtime.config import CONFIG

from cyberhubs.settings import Settings, SettingsError, load


def read_settings() -> Settings:
    """Raises pulumi.RunError with all that is wrong, before any resource is touched."""
    project = f"{pulumi.get_project()}:"
    raw = {
        key.removeprefix(project): _value(text)
        for key, text in CONFIG.get().items()
        if key.startswith(project)
    }
    try:
        settings = load(raw, pulumi.get_stack())
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None
    for warning in settings.warnings:
        pulumi.log.warn(warning)
    return settings


def _value(text: str) -> object:
    """Pulumi hands over objects as JSON and scalars as their text."""
    try:
        return json.loads(text)
    except ValueError:
        return text
