"""Tables of inputs: what a resource takes, how it is checked and how two versions are compared.

A table maps input names to `Input`. The kind of an input is `str`, `int`, `bool`, `ANY`, `[kind]`
(a list), `SetOf(kind)` (a list whose order means nothing), `MapOf(kind)` or a nested table.
"""

from collections.abc import Callable, Iterator, Mapping
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
    stands. rule: answers what is wrong with a known, plain value, or None. same: whether the
    state's value, which is another, means a given one.
    """

    kind: Any = str
    required: bool = False
    replace: bool = False
    computed: bool = False
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
    return {name: plain(value) for name, value in values.items()}


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


def check(
    table: Table, values: Mapping[str, PropertyValue], prefix: str = ""
) -> Iterator[CheckFailure]:
    """What is wrong with the values."""
    for name in sorted(values.keys() - table.keys()):
        path = f"{prefix}{name}"
        yield CheckFailure(
            path,
            f"'{path}' is not carried out by this plugin; "
            "leave it out or install the official plugin",
        )
    for name, spec in table.items():
        path, value = f"{prefix}{name}", values.get(name)
        if value is None or value.value is None:
            if spec.required:
                yield CheckFailure(path, f"'{path}' is missing; give it a value")
            continue
        wrong = list(_check_value(spec.kind, value, path))
        yield from wrong
        sound = not wrong and known(plain(value))
        if sound and spec.rule and (reason := spec.rule(plain(value))):
            if value.contains_secret():  # the reason may quote it
                reason = "is a secret that has no allowed value"
            yield CheckFailure(path, f"'{path}' {reason}")


def _check_value(kind: Any, value: PropertyValue, path: str) -> Iterator[CheckFailure]:
    inner = value.value
    if kind is ANY or isinstance(inner, Computed):
        return
    form, description = _wanted(kind)
    if not isinstance(inner, form) or (isinstance(inner, float) and not inner.is_integer()):
        yield CheckFailure(path, f"'{path}' must be {description}")
    elif isinstance(inner, tuple):
        item_kind = kind[0] if isinstance(kind, list) else kind.kind
        for i, item in enumerate(inner):
            yield from _check_value(item_kind, item, f"{path}[{i}]")
    elif isinstance(inner, Mapping) and isinstance(kind, MapOf):
        for key, item in inner.items():
            yield from _check_value(kind.kind, item, member(path, key))
    elif isinstance(inner, Mapping):
        yield from check(kind, inner, f"{path}.")


def _wanted(kind: Any) -> tuple[type, str]:
    """How a value of this kind arrives, and what it is called."""
    if isinstance(kind, (list, SetOf)):
        return tuple, "a list"
    if isinstance(kind, (MapOf, Mapping)):
        return Mapping, "a map"
    return {
        str: (str, "a string"),
        int: (float, "a whole number"),
        bool: (bool, "true or false"),
    }[kind]


def known(value: Any) -> bool:
    """Whether no part of a plain value is unknown."""
    if isinstance(value, Mapping):
        return all(known(item) for item in value.values())
    if isinstance(value, list):
        return all(known(item) for item in value)
    return not isinstance(value, Computed)


def compare(
    table: Table, old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "", replace=False
) -> Changes:
    """What differs between two plain maps, by property path."""
    changes: Changes = {}
    for name, spec in table.items():
        before, after = old.get(name), new.get(name)
        if not before and not after:  # bridged providers take the zero of a type for none
            continue
        if after is None and spec.computed:
            continue
        if before and after and known(after) and spec.same and spec.same(before, after):
            continue
        changes |= _compare_value(
            spec.kind, before, after, f"{prefix}{name}", replace or spec.replace
        )
    return changes


def _compare_value(kind: Any, old: Any, new: Any, path: str, replace: bool) -> Changes:
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
        changes |= _compare_value(item_kind, before, after, item_path, replace)
    return changes


def _compare_sets(kind: Any, old: list, new: list, path: str, replace: bool) -> Changes:
    gone = list(enumerate(old))
    added = []
    for i, item in enumerate(new):
        match = next((g for g in gone if not _compare_value(kind, g[1], item, path, False)), None)
        if match:
            gone.remove(match)
        else:
            added.append((i, item))
    changes: Changes = {}
    while gone and added:
        (_, before), (i, after) = gone.pop(0), added.pop(0)
        changes |= _compare_value(kind, before, after, f"{path}[{i}]", replace)
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
