"""Pydantic's errors in our words. No value of a mapping is ever shown: it may hold a secret."""

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from cyberhubs.settings.base import kind_of
from cyberhubs.settings.problems import KeyPath, Problem, one_of, path_text


def explain(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """What `error` says about a `model` that was read from a stack file."""
    return [_explain(dict(line), model) for line in error.errors()]


def _explain(line: dict[str, Any], model: type[BaseModel]) -> Problem:
    path, parent, kind = _follow(model, line["loc"])
    value, context = line["input"], line.get("ctx", {})
    match line["type"]:
        case "value_error":
            text = str(context["error"])
        case "missing":
            text = f"is missing — add it{_example(parent, path)}"
        case "extra_forbidden":
            text = f"is not a known key — {one_of(path[-1], _fields(parent))}"
        case "union_tag_not_found" | "union_tag_invalid":
            discriminator = context["discriminator"].strip("'")
            tags = [tag for member in get_args(kind) for tag in _tags(member)]
            path += (discriminator,)
            if discriminator not in value:
                text = f"is missing — {one_of('', tags)}"
            else:
                text = f"{_shown(value[discriminator])} is not known — "
                text += one_of(value[discriminator], tags)
        case "literal_error":
            text = f"{_shown(value)} is not known — {one_of(value, get_args(kind))}"
        case "model_type" | "model_attributes_type" | "dict_type":
            needed = [key for key, field in _fields(kind).items() if field.is_required()]
            example = _example(parent, path) or f" with {' and '.join(needed) or 'keys'} below it"
            text = f"is {kind_of(value)}, a mapping belongs here — write one{example}"
        case "tuple_type":
            text = f"is {kind_of(value)}, a list belongs here — write [ ] around it"
        case "bool_type":
            text = f"{_shown(value)} is not a boolean — write true or false, without quotes"
        case "int_type" | "int_from_float":
            text = f"{_shown(value)} is not a whole number — write digits, without quotes"
        case "float_type" | "finite_number":
            text = f"{_shown(value)} is not a number — write digits, without quotes"
        case "greater_than" | "greater_than_equal":
            least = context.get("ge", context.get("gt"))
            than = "at least" if "ge" in context else "more than"
            text = f"{value} is too small — give {than} {least:g}"
        case "less_than_equal":
            text = f"{value} is too large — give at most {context['le']}"
        case "too_long":
            text = f"holds more than {context['max_length']} names — keep to that many"
        case "too_short":
            text = (
                f"{'is too short' if value else 'is empty'} — name at least {context['min_length']}"
            )
        case _:
            text = line["msg"]
    return Problem(path, text)


def _follow(model: Any, steps: tuple[str | int, ...]) -> tuple[KeyPath, Any, Any]:
    """The path in the file for pydantic's, which also names the tags of unions; the type of what
    holds the last key; the type that belongs there."""
    path: KeyPath = ()
    parent, kind = None, model
    for step in steps:
        if step == "[key]":  # a mapping's key is wrong, not what it holds
            break
        if member := next((m for m in get_args(kind) if step in _tags(m)), None):
            kind = member
        else:
            path += (step,)
            parent, kind = kind, _below(kind, step)
    return path, parent, kind


def _below(kind: Any, step: str | int) -> Any:
    field = _fields(kind).get(str(step))
    if field is not None:
        return _plain(field.annotation)
    arguments = get_args(kind)
    if get_origin(kind) is dict:
        return _plain(arguments[1])
    return _plain(arguments[0]) if get_origin(kind) is tuple else None


def _plain(kind: Any) -> Any:
    """The type without annotations and without "or None"."""
    if get_origin(kind) is Annotated:
        return _plain(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        members = [member for member in get_args(kind) if member is not type(None)]
        if len(members) == 1:
            return _plain(members[0])
    return kind


def _fields(kind: Any) -> dict[str, FieldInfo]:
    """A model's fields by their keys in the file; of no model, none."""
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return {}
    return {field.alias or name: field for name, field in kind.model_fields.items()}


def _tags(kind: Any) -> tuple[str, ...]:
    """The words by which a model is chosen."""
    fields = _fields(kind)
    field = fields.get("kind") or fields.get("mode")
    return get_args(field.annotation) if field else ()


def _example(parent: Any, path: KeyPath) -> str:
    field = _fields(parent).get(str(path[-1]))
    examples = field.examples if field else None
    key = path_text(path) if len(path) == 1 else path[-1]
    return f", such as {key}: {examples[0]}" if examples else ""


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, str | int | float) else kind_of(value)
