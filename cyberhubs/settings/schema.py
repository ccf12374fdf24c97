"""The JSON schema of a stack file, for editors: `python -m cyberhubs.settings.schema`."""

import json
from typing import Any

from cyberhubs import paths
from cyberhubs.settings.keys import Keys
from cyberhubs.settings.stack_file import PROJECT

FILE = paths.CHECKOUT / "schema" / "stack.schema.json"


def _plain(value: Any) -> Any:
    """Without pydantic's titles, which repeat the keys, and its defaults of whole mappings, which
    are the mappings' own defaults in another form."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _plain(item)
        for key, item in value.items()
        if not (key == "title" and isinstance(item, str))
        and not (key == "default" and isinstance(item, dict))
    }


def schema() -> dict[str, Any]:
    """Strict about our keys; those of other projects and Pulumi's own are left alone."""
    keys = _plain(Keys.model_json_schema())
    ours = "|".join(keys["properties"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Cyberhubs stack file",
        "type": "object",
        "required": ["config"],
        "properties": {
            "config": {
                "type": "object",
                "description": keys["description"],
                "required": [f"{PROJECT}:{key}" for key in keys["required"]],
                "properties": {
                    f"{PROJECT}:{key}": value for key, value in keys["properties"].items()
                },
                "patternProperties": {f"^{PROJECT}:(?!({ours})$)": False},
            }
        },
        "$defs": keys["$defs"],
    }


def text() -> str:
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text(), encoding="utf-8")
