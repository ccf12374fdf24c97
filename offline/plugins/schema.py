"""The schema of a plugin, as far as its tables tell: enough for tools that ask for one."""

import json
from collections.abc import Mapping
from typing import Any

from offline.plugins.inputs import MapOf, SetOf, Table


def schema(
    name: str,
    version: str,
    config: Table,
    resources: Mapping[str, tuple[Table, Mapping[str, Any]]],
) -> str:
    """JSON. resources: inputs and outputs by token."""
    return json.dumps(
        {
            "name": name,
            "version": version,
            "config": {"variables": _properties(config)},
            "provider": {"inputProperties": _properties(config)},
            "resources": {
                token: {
                    "inputProperties": _properties(inputs),
                    "requiredInputs": [n for n, spec in inputs.items() if spec.required],
                    "properties": _properties(inputs)
                    | {n: _type(kind) for n, kind in outputs.items()},
                }
                for token, (inputs, outputs) in resources.items()
            },
        }
    )


def _properties(table: Table) -> dict[str, Any]:
    return {name: _type(spec.kind) for name, spec in table.items()}


def _type(kind: Any) -> dict[str, Any]:
    if isinstance(kind, Mapping):
        return {"type": "object", "additionalProperties": {"$ref": "pulumi.json#/Any"}}
    simple = {str: "string", int: "integer", float: "number", bool: "boolean"}
    if isinstance(kind, list):
        return {"type": "array", "items": _type(kind[0])}
    if isinstance(kind, SetOf):
        return {"type": "array", "items": _type(kind.kind)}
    if isinstance(kind, MapOf):
        return {"type": "object", "additionalProperties": _type(kind.kind)}
    return {"type": simple[kind]} if kind in simple else {"$ref": "pulumi.json#/Any"}
