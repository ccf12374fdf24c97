"""Our plugins take exactly what the program gives, on any kind of host: more is work for nobody."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import pytest

from offline.plugins.inputs import SetOf
from offline.plugins.provider import Provider
from tests.unit.everything import everything
from tests.unit.recorder import unwrapped


def provider(name: str) -> Provider:
    return import_module(f"offline.plugins.{name}.__main__").make("127.0.0.1:1")


def taken(table: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The inputs of a table and of those inside it: "ports", "ports.ip"."""
    for name, spec in table.items():
        yield f"{prefix}{name}"
        kind = spec.kind
        if isinstance(kind, (SetOf, list)):
            kind = kind.kind if isinstance(kind, SetOf) else kind[0]
        if isinstance(kind, Mapping):
            yield from taken(kind, f"{prefix}{name}.")


def given(values: Any, table: set[str], prefix: str = "") -> Iterator[str]:
    """The inputs of a registration, into those that are tables."""
    if isinstance(values, list):
        for item in values:
            yield from given(item, table, prefix)
    elif isinstance(values, dict):
        for name, value in values.items():
            yield f"{prefix}{name}"
            if any(path.startswith(f"{prefix}{name}.") for path in table):
                yield from given(value, table, f"{prefix}{name}.")


@pytest.mark.parametrize("name", ["command", "docker", "github", "openstack"])
def test_a_plugin_takes_what_the_program_gives(name: str) -> None:
    plugin = provider(name)
    tables = {f"pulumi:providers:{name}": plugin.config} if plugin.config else {}
    tables |= {type: one.inputs for type, one in plugin.resources.items() if one.inputs}
    takes = {type: set(taken(table)) for type, table in tables.items()}
    gives: dict[str, set[str]] = {}
    for resource in everything():
        if resource.type.startswith((f"{name}:", f"pulumi:providers:{name}")):
            inputs = unwrapped(resource.inputs)
            gives.setdefault(resource.type, set()).update(
                given(inputs, takes.get(resource.type, set()))
            )
    assert gives == takes
