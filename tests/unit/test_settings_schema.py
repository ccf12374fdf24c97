"""The JSON schema for editors: current, and as strict as the settings where it can be."""

import json

import jsonschema
import pytest
import yaml

from cyberhubs.settings import schema
from tests.support.stack_values import EXAMPLES, STACKS

LOCAL = next(file for file in STACKS if file.stem == "Pulumi.local")
VALIDATOR = jsonschema.Draft202012Validator(schema.schema())


def test_committed_schema_is_current():
    written = schema.FILE.read_text(encoding="utf-8")
    assert written == schema.text(), "run: python -m cyberhubs.settings.schema"


def test_every_key_is_described():
    definitions = json.loads(schema.text())["$defs"]
    undescribed = [
        f"{name}.{key}"
        for name, definition in definitions.items()
        for key, value in definition["properties"].items()
        if "description" not in value and "$ref" not in value
    ]
    assert undescribed == []


@pytest.mark.parametrize("file", [*STACKS, *EXAMPLES], ids=lambda file: file.name)
def test_committed_stacks_are_valid_and_name_the_schema(file):
    text = file.read_text()
    assert text.startswith("# yaml-language-server: $schema=../schema/stack.schema.json\n")
    VALIDATOR.validate(yaml.safe_load(text))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cyberhubs:tls", "cyberhubs:tsl"),
        ("kind: local", "kind: locl"),
        ("port: 8000", "port: http"),
        ("memory: 2G", "memory: 2X"),
        ("everyone: true", "everybody: true"),
        ("    core:", "    Core:"),
    ],
)
def test_what_an_editor_marks(old, new):
    text = LOCAL.read_text()
    assert old in text
    assert not VALIDATOR.is_valid(yaml.safe_load(text.replace(old, new, 1)))


def test_an_editor_marks_two_of_which_one_is_wanted():
    stack = yaml.safe_load(STACKS[0].read_text())
    host = stack["config"]["cyberhubs:host"]
    assert host["kind"] == "openstack"
    host["data"]["volumeId"] = "6c0f1b9e-3f0e-4a3c-9a55-2d0b5b0c9a11"
    assert not VALIDATOR.is_valid(stack)
    del host["data"]["sizeGb"]
    VALIDATOR.validate(stack)


def test_other_keys_are_left_alone():
    stack = yaml.safe_load(LOCAL.read_text())
    stack["config"]["openstack:region"] = "here"
    stack["encryptionsalt"] = "v1:abc"
    VALIDATOR.validate(stack)
