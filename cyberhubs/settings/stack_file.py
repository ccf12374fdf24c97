"""Reads a stack file as Pulumi does, so that both see the same values.

Pulumi's YAML (Go's yaml.v3) and Python's differ on what a word without quotes is; what stands
here was compared with Pulumi's own reader, word by word.
"""

import math
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import SecretStr

from cyberhubs.paths import stack_files
from cyberhubs.settings.base import HIDDEN
from cyberhubs.settings.problems import KeyPath, Problem, SettingsError, one_of, show

PROJECT = "cyberhubs"
FILE_KEYS = ("config", "encryptionsalt", "secretsprovider", "encryptedkey", "environment")

_TAG = "tag:yaml.org,2002:"
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULLS = ("", "~", "null", "Null", "NULL")
_INT = re.compile(r"[-+]?(0[bB][01]+|0[oO]?[0-7]+|0[xX][0-9a-fA-F]+|0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_CLOCK = r"(\d\d?):(\d\d?):(\d\d?)(\.\d+)?"
_DATE = re.compile(
    rf"(\d{{4}})-(\d\d?)-(\d\d?)(?:[Tt]{_CLOCK}(Z|[-+]\d\d:\d\d)| +{_CLOCK})?", re.ASCII
)


def read_stack_file(path: Path) -> tuple[dict[str, Any], dict[KeyPath, int]]:
    """The values below "config" whose keys are ours, without "cyberhubs:"; and the line of each.

    An encrypted value comes as a SecretStr. Raises SettingsError.
    """
    lines: dict[KeyPath, int] = {}
    file = _parse(path, lines)
    if not isinstance(file, dict):
        raise SettingsError(str(path), ["is not a mapping — begin with the line config:"])
    problems = [
        f"{key} (line {lines[(key,)]}): is not a known key — {one_of(key, FILE_KEYS)}"
        for key in file
        if key not in FILE_KEYS
    ]
    config = file.get("config")
    if not isinstance(config, dict):
        problems.append("has nothing below config: — copy stacks/Pulumi.local.yaml and change it")
    if problems:
        raise SettingsError(str(path), problems)
    assert isinstance(config, dict)
    ours = {key: key.removeprefix(f"{PROJECT}:") for key in config}
    ours = {key: name for key, name in ours.items() if ":" not in name}
    twice = [
        Problem((name,), f"is there as {key} and as {PROJECT}:{key} — keep one of them")
        for key, name in ours.items()
        if key == name and f"{PROJECT}:{key}" in ours
    ]
    at = {
        (ours[step], *rest): line
        for (_, step, *rest), line in ((p, n) for p, n in lines.items() if len(p) > 1)
        if step in ours
    }
    if twice:
        raise SettingsError(str(path), show(twice, at))
    # Pulumi hands over a key without a value as an empty text.
    return {name: "" if config[key] is None else config[key] for key, name in ours.items()}, at


class _Loader(yaml.SafeLoader):
    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:
        if kind is yaml.ScalarNode and implicit[0]:
            return _TAG + _word(value)
        return super().resolve(kind, value, (False, False))


def _parse(path: Path, lines: dict[KeyPath, int]) -> Any:
    """The file's content, and in `lines` the line of each value."""
    try:
        node = yaml.compose(path.read_bytes(), Loader=_Loader)
        return {} if node is None else _value(node, (), lines)
    except FileNotFoundError:
        names = stack_files(path.parent)
        there = f"there are: {', '.join(names)}" if names else "there are none"
        problem = f"there is no such stack file; {there} — choose one, or copy one to start"
    except OSError as error:
        problem = f"cannot be read: {error.strerror} — fix the path or its permissions"
    except yaml.YAMLError as error:
        problem = _sentence(error)
    except RecursionError:
        problem = "an anchor contains itself, or brackets nest too deeply — write it out"
    raise SettingsError(str(path), [problem])


def _sentence(error: yaml.YAMLError) -> str:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return f"cannot be read as YAML: {' '.join(str(error).split())} — save it as UTF-8 text"
    line = f"line {error.problem_mark.line + 1}"
    if error.context and error.context_mark:
        return (
            f"{line}: not valid YAML, {error.problem} {error.context} that begins in line "
            f"{error.context_mark.line + 1} — check indentation, quotes and brackets there"
        )
    return f"{line}: not valid YAML, {error.problem} — check indentation, quotes and brackets there"


def _word(text: str) -> str:
    """The kind of a word without quotes."""
    if text in _NULLS:
        return "null"
    if text in _BOOLS:
        return "bool"
    if text == "<<":
        return "merge"
    if _date(text):
        return "timestamp"
    if _int(text) is not None:
        return "int"
    return "str" if _float(text) is None else "float"


def _plain(text: str) -> str:
    return text.replace("_", "") if text[:1] in "+-0123456789" else text


def _int(text: str) -> int | None:
    plain = _plain(text)
    if not _INT.fullmatch(plain):
        return None
    octal = re.fullmatch(r"([-+]?)0([0-7]+)", plain)
    number = int(f"{octal[1]}0o{octal[2]}" if octal else plain, 0)
    return number if -(2**63) <= number < 2**64 else None


def _float(text: str) -> int | float | None:
    """1e3 and 2.0 reach the program as whole numbers."""
    if _NO_NUMBER.fullmatch(text):
        return float(text.replace(".", ""))
    plain = _plain(text)
    if not _FLOAT.fullmatch(plain) or math.isinf(number := float(plain)):
        return None
    return int(number) if number.is_integer() and abs(number) < 1e21 else number


def _date(text: str) -> str | None:
    """A date as it reaches the program: as Go prints it."""
    if not (match := _DATE.fullmatch(text)):
        return None
    year, month, day, *clock = match.groups()
    hour, minute, second, fraction = clock[:4] if clock[0] else clock[5:]
    try:
        date = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0)
        )
    except ValueError:
        return None
    offset = (clock[4] or "Z").replace(":", "")
    return f"{date}{fraction or ''} {'+0000 UTC' if offset == 'Z' else f'{offset} {offset}'}"


def _value(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int]) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, number), lines) for number, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, lines)
    return _scalar(node)


def _mapping(node: yaml.MappingNode, path: KeyPath, lines: dict[KeyPath, int]) -> Any:
    entries: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    own: dict[str, int] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(
                problem="a key is a list or mapping", problem_mark=key_node.start_mark
            )
        line = key_node.start_mark.line + 1
        if key_node.tag == f"{_TAG}merge":
            found = _value(value_node, path, lines)
            for mapping in reversed(found if isinstance(found, list) else [found]):
                merged |= mapping
            continue
        key = _text(_scalar(key_node))
        if key in own:
            raise yaml.MarkedYAMLError(
                problem=f"the key {key!r} is there twice, first in line {own[key]}",
                problem_mark=key_node.start_mark,
            )
        own[key] = lines[(*path, key)] = line
        entries[key] = _value(value_node, (*path, key), lines)
    if list(entries) == ["secure"]:
        return SecretStr(HIDDEN)
    return merged | entries


def _scalar(node: yaml.Node) -> Any:
    text, tag = node.value, node.tag.removeprefix(_TAG)
    if tag == "null":
        return None
    if tag == "bool":
        return _BOOLS.get(text, text)
    if tag == "timestamp":
        return _date(text) or text
    if tag not in ("int", "float"):
        return text
    number = _int(text)
    number = _float(text) if number is None else number
    return text if number is None else number


def _text(value: Any) -> str:
    """A key as Pulumi spells it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)
