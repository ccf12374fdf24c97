"""The stack file's reference, for people: `python -m cyberhubs.settings.reference` writes the page anew."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cyberhubs.settings.schema import schema
from cyberhubs.settings.stack_file import PROJECT

FILE = Path(__file__).parents[2] / "docs" / "reference" / "stack-file.md"
HEAD = """\
# The stack file

<!-- Written by `python -m cyberhubs.settings.reference` from the models in cyberhubs/settings: change those. -->

`stacks/Pulumi.NAME.yaml` is the stack NAME. All keys of Cyberhubs stand below `config:`. Keys that are not listed here, values of another type and contradictions are refused before anything is touched, all of
them in one message. Names and dates stand in quotes. The same in a form for editors:
`schema/stack.schema.json`.

A *secret* is given as `{secure: …}`, which `pulumi config set -s NAME --secret --path` writes after `eval "$(make -s env)"`, and is never shown. A path beside
the stack file starts at its folder. *Names* are a list, or `{file: names.txt}` with one name a line.
"""
WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
}
# Of entries whose keys the operator chooses.
NAME = {
    "mounts": "MOUNT",
    "registries": "REGISTRY",
    "applications": "APPLICATION",
    "hubs": "HUB",
    "teams": "ORG:TEAM",
    "waivers": "RULE",
}

Schema = dict[str, Any]


def text() -> str:
    whole = schema()
    config, definitions = whole["properties"]["config"], whole["$defs"]
    lines = [HEAD]
    for key, value in config["properties"].items():
        lines += _key(key, value, key in config["required"], definitions)
    return "\n".join(lines)


def _key(key: str, value: Schema, required: bool, definitions: Schema) -> Iterator[str]:
    yield f"## `{key}`\n"
    yield f"{'Required. ' if required else ''}{_sentence(value, definitions)}\n"
    name = NAME.get(key.removeprefix(f"{PROJECT}:"))
    if name:
        yield f"Below it stands an entry for each, under its name (`{name}`):\n"
        value = value["additionalProperties"]
    variants: list[tuple[str, Schema]] = []
    if "oneOf" in value:
        variants.append(("", value))
    elif not (model := _model(value, definitions)):
        yield f"Type: {_type(value)}.\n"
    else:
        yield from _table(model, definitions, variants)
    for path, union in variants:
        by = union["discriminator"]["propertyName"]
        for word, reference in union["discriminator"]["mapping"].items():
            model = definitions[reference.rpartition("/")[2]]
            yield f"### `{path or key}` with `{by}: {word}`\n"
            yield f"{_one_line(model['description'])}\n"
            others = {k: v for k, v in model["properties"].items() if k != by}
            if others:
                yield from _table({**model, "properties": others}, definitions, variants)


def _table(model: Schema, definitions: Schema, variants: list[tuple[str, Schema]]) -> Iterator[str]:
    yield "| key | value | default | meaning |\n|---|---|---|---|"
    for row in _rows(model, "", definitions, variants):
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def _rows(
    model: Schema, above: str, definitions: Schema, variants: list[tuple[str, Schema]]
) -> Iterator[tuple[str, str, str, str]]:
    """A row for each key, those of mappings in it included. Adds what has several forms to `variants`."""
    for key, value in model["properties"].items():
        path = f"{above}{key}"
        required = key in model.get("required", ())
        items = value.get("items", {})
        if "oneOf" in value:
            variants.append((path, value))
        below = _model(value, definitions) or _model(items, definitions)
        yield (
            f"`{path}`",
            "list of mappings" if _model(items, definitions) else _type(value),
            "required" if required else _default(value),
            _sentence(value, definitions),
        )
        if below:
            yield from _rows(below, f"{path}{'[]' if items else ''}.", definitions, variants)


def _model(value: Schema, definitions: Schema) -> Schema | None:
    reference = next((v["$ref"] for v in _alternatives(value) if "$ref" in v), None)
    return definitions[reference.rpartition("/")[2]] if reference else None


def _alternatives(value: Schema) -> list[Schema]:
    """But for null, which is "left out"."""
    return [v for v in value.get("anyOf", [value]) if v.get("type") != "null"]


def _type(value: Schema) -> str:
    if "oneOf" in value:
        words = value["discriminator"]["mapping"]
        return f"mapping, by `{value['discriminator']['propertyName']}`: {_words(words)}"
    given = [name for v in _alternatives(value) for name in v.get("properties", ())]
    if given:
        return "secret" if given == ["secure"] else "names"
    return " or ".join(dict.fromkeys(map(_kind, _alternatives(value))))


def _kind(value: Schema) -> str:
    if "const" in value:
        return _words([_written(value["const"])])
    if "enum" in value:
        return _words(value["enum"])
    if "$ref" in value or value.get("type") == "object":
        return "mapping"
    if value.get("type") == "array":
        items = value["items"]
        return f"list of {_words(items['enum']) if 'enum' in items else 'texts'}"
    least, most = value.get("minimum"), value.get("maximum")
    if least is None:
        return WORDS[value["type"]]
    return (
        f"{WORDS[value['type']]}, {f'at least {least}' if most is None else f'{least} to {most}'}"
    )


def _words(words: Any) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _default(value: Schema) -> str:
    default = value.get("default")
    if default in (None, "", [], ()):
        return ""
    return _words([_written(default)])


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _sentence(value: Schema, definitions: Schema) -> str:
    model = _model(value, definitions) or {}
    said = _one_line(value.get("description") or model.get("description", ""))
    names = [name for choice in model.get("oneOf", ()) for name in choice["required"]]
    return f"{said} Exactly one of {_words(names)}." if names else said


def _one_line(description: str) -> str:
    return " ".join(description.split()).replace("<", "&lt;")


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
