"""Tables of inputs: what a resource takes, how it is checked and how two versions are compared.

A table maps input names to `Input`. The kind of an input is `str`, `int`, `float`, `bool`,
`ANY`, `[kind]` (a list), `SetOf(kind)` (a list whose order means nothing), `MapOf(kind)` or a
nested table.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.provider.experimental.property_value import Computed, PropertyValue
from pulumi.provider.experimental.provider import CheckFailure, PropertyDiff, PropertyDiffKind

UNKNOWN = Computed()
ANY = object()

Table = Mapping[str, "Input"]
Changes = dict[str, PropertyDiff]


@dataclass(frozen=True)
class SetOf:
    kind: Any


@dataclass(frozen=True)
class MapOf:
    kind: Any


@dataclass(frozen=True)
class Input:
    """One input.

    replace: a change needs a new resource. computed: where it is not given, what the read finds
    stands. autoname: where it is not given, it is made from the resource's name. rule: answers
    what is wrong with a known, plain value, or None. same: whether the state's value, which is
    another, means a given one.
    """

    kind: Any = str
    required: bool = False
    default: Any = None
    replace: bool = False
    secret: bool = False
    computed: bool = False
    autoname: bool = False
    rule: Callable[[Any], str | None] | None = None
    same: Callable[[Any, Any], bool] | None = None


def one_of(*choices: str) -> Callable[[str], str | None]:
    """A rule for an input with few values."""

    def rule(value: str) -> str | None:
        return None if value in choices else f"is '{value}'; it must be one of {', '.join(choices)}"

    return rule


def plain(value: PropertyValue) -> Any:
    """The Python value without secret marks; whole numbers as int, unknowns as UNKNOWN."""
    inner = value.value
    if isinstance(inner, Mapping):
        return {key: plain(item) for key, item in inner.items()}
    if isinstance(inner, tuple):
        return [plain(item) for item in inner]
    if isinstance(inner, float) and inner.is_integer():
        return int(inner)
    return inner


def plain_map(values: Mapping[str, PropertyValue]) -> dict[str, Any]:
    return {name: plain(value) for name, value in values.items() if not name.startswith("__")}


def property_value(value: Any) -> PropertyValue:
    """The opposite of `plain`; a PropertyValue anywhere inside is taken as it is."""
    if isinstance(value, PropertyValue):
        return value
    if isinstance(value, Mapping):
        return PropertyValue({key: property_value(item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return PropertyValue([property_value(item) for item in value])
    if isinstance(value, int) and not isinstance(value, bool):
        return PropertyValue(float(value))
    return PropertyValue(value)


def secret(value: Any) -> PropertyValue:
    return property_value(value).with_secret(True)


def check(
    table: Table,
    values: Mapping[str, PropertyValue],
    failures: list[CheckFailure],
    prefix: str = "",
) -> dict[str, PropertyValue]:
    """The values with defaults filled in and nulls dropped; what is wrong goes to `failures`."""
    checked = {}
    for name in sorted(values.keys() - table.keys()):
        if not name.startswith("__"):
            failures.append(
                CheckFailure(
                    f"{prefix}{name}",
                    f"'{prefix}{name}' is not carried out by this plugin; "
                    "leave it out or install the official plugin",
                )
            )
    for name, spec in table.items():
        path = f"{prefix}{name}"
        value = values.get(name, PropertyValue(None))
        if value.value is None and spec.default is not None:
            value = property_value(spec.default)
        if value.value is None:
            if spec.required:
                failures.append(CheckFailure(path, f"'{path}' is missing; give it a value"))
            continue
        count = len(failures)
        value = _check_value(spec.kind, value, path, failures)
        sound = len(failures) == count and known(plain(value))
        if sound and spec.rule and (wrong := spec.rule(plain(value))):
            if value.contains_secret():  # the reason may quote it
                wrong = "is a secret that has no allowed value"
            failures.append(CheckFailure(path, f"'{path}' {wrong}"))
        checked[name] = value.with_secret(True) if spec.secret else value
    return checked


def _check_value(
    kind: Any, value: PropertyValue, path: str, failures: list[CheckFailure]
) -> PropertyValue:
    inner = value.value
    if kind is ANY or isinstance(inner, Computed):
        return value
    if isinstance(kind, (list, SetOf)):
        if isinstance(inner, tuple):
            item_kind = kind[0] if isinstance(kind, list) else kind.kind
            return value.with_value(
                [
                    _check_value(item_kind, item, f"{path}[{i}]", failures)
                    for i, item in enumerate(inner)
                ]
            )
    elif isinstance(kind, MapOf):
        if isinstance(inner, Mapping):
            return value.with_value(
                {
                    key: _check_value(kind.kind, item, member(path, key), failures)
                    for key, item in inner.items()
                }
            )
    elif isinstance(kind, Mapping):
        if isinstance(inner, Mapping):
            return value.with_value(check(kind, inner, failures, f"{path}."))
    elif kind is int:
        if isinstance(inner, float) and inner.is_integer():
            return value
    elif isinstance(inner, kind):
        return value
    failures.append(CheckFailure(path, f"'{path}' must be {_describe(kind)}"))
    return value


def _describe(kind: Any) -> str:
    if isinstance(kind, (list, SetOf)):
        return "a list"
    if isinstance(kind, (MapOf, Mapping)):
        return "a map"
    words = {
        str: "a string",
        int: "a whole number",
        float: "a number",
        bool: "true or false",
    }
    return words[kind]


def known(value: Any) -> bool:
    """Whether no part of a plain value is unknown."""
    if isinstance(value, Mapping):
        return all(known(item) for item in value.values())
    if isinstance(value, list):
        return all(known(item) for item in value)
    return not isinstance(value, Computed)


def empty(value: Any) -> bool:
    """Absent or the zero of its type, which to bridged providers are the same."""
    return value is None or (isinstance(value, (bool, int, float, str, list, dict)) and not value)


def compare(
    table: Table, old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "", replace=False
) -> Changes:
    """What differs between two plain maps, by property path."""
    changes: Changes = {}
    for name, spec in table.items():
        before, after = old.get(name), new.get(name)
        if (empty(before) and empty(after)) or (after is None and spec.computed):
            continue
        given = not empty(before) and not empty(after) and known(after)
        if given and spec.same and spec.same(before, after):
            continue
        changes |= compare_value(
            spec.kind, before, after, f"{prefix}{name}", replace or spec.replace
        )
    return changes


def compare_value(kind: Any, old: Any, new: Any, path: str, replace: bool) -> Changes:
    if (old is None and new is None) or _same(old, new):
        return {}
    if isinstance(old, list) and isinstance(new, list):
        if isinstance(kind, SetOf):
            return _compare_sets(kind.kind, old, new, path, replace)
        item_kind = kind[0] if isinstance(kind, list) else ANY
        pairs = [
            (f"{path}[{i}]", old[i] if i < len(old) else None, new[i] if i < len(new) else None)
            for i in range(max(len(old), len(new)))
        ]
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        if isinstance(kind, Mapping):
            return compare(kind, old, new, f"{path}.", replace)
        item_kind = kind.kind if isinstance(kind, MapOf) else ANY
        pairs = [(member(path, k), old.get(k), new.get(k)) for k in sorted(old.keys() | new.keys())]
    else:
        return {path: change(old, new, replace)}
    changes: Changes = {}
    for item_path, before, after in pairs:
        changes |= compare_value(item_kind, before, after, item_path, replace)
    return changes


def _compare_sets(kind: Any, old: list, new: list, path: str, replace: bool) -> Changes:
    gone = list(enumerate(old))
    added = []
    for i, item in enumerate(new):
        match = next((g for g in gone if not compare_value(kind, g[1], item, path, False)), None)
        if match:
            gone.remove(match)
        else:
            added.append((i, item))
    changes: Changes = {}
    while gone and added:
        (_, before), (i, after) = gone.pop(0), added.pop(0)
        changes |= compare_value(kind, before, after, f"{path}[{i}]", replace)
    changes |= {f"{path}[{i}]": change(None, item, replace) for i, item in added}
    changes |= {f"{path}[{i}]": change(item, None, replace) for i, item in gone}
    return changes


def _same(old: Any, new: Any) -> bool:
    if isinstance(new, (list, Mapping, Computed)):
        return False  # compared item by item; an unknown is the same as nothing
    return type(old) is type(new) and old == new


def change(old: Any, new: Any, replace: bool) -> PropertyDiff:
    name = "ADD" if old is None else "DELETE" if new is None else "UPDATE"
    return PropertyDiff(PropertyDiffKind[f"{name}_REPLACE" if replace else name], False)


def member(path: str, key: str) -> str:
    """The property path of a map's entry."""
    return f"{path}.{key}" if key.replace("_", "").isalnum() else f'{path}["{key}"]'
