"""Reads a jupyterhub_config.py as text: `c.Class.trait = value` by its syntax tree, and nothing is run."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from cyberhubs.migrate.files import Folder
from cyberhubs.migrate.old_system import Trait, Unread

_CONSTRUCTORS = {
    "set": set, "list": list, "tuple": tuple, "int": int, "float": float, "str": str, "bool": bool
}  # fmt: skip
_OF_TEXT = ("split", "strip", "lower", "upper", "replace")
_CHANGES = ("add", "append", "extend", "update", "insert", "remove", "discard")


class PythonConfig:
    """`traits`: what it sets, the last word of each; `options`: values of forms that it shows."""

    def __init__(self, folder: Folder, path: Path, environment: Mapping[str, str]):
        self.traits: dict[str, Trait] = {}
        self.options: list[str] = []
        self._folder, self._file, self._environment = folder, folder.show(path), environment
        self._roots, self._names = {"c"}, dict[str, Any]()
        text = folder.text(path)
        if text is None:
            return
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError) as error:
            line = f", line {error.lineno}," if isinstance(error, SyntaxError) else ""
            folder.note(
                f"`{self._file}`{line} is not Python that can be read.",
                "Nothing of it is carried over: go through it by hand.",
            )
            return
        self._read(tree.body)
        self._look_around(tree, text)

    def _read(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            if isinstance(statement, ast.Assign):
                value = self._value(statement.value)
                if _called(statement.value) == "get_config":
                    self._roots |= {t.id for t in statement.targets if isinstance(t, ast.Name)}
                    continue
                for target in statement.targets:
                    self._assign(target, value)
            elif isinstance(statement, ast.AnnAssign) and statement.value:
                self._assign(statement.target, self._value(statement.value))
            elif isinstance(statement, ast.If):
                test = self._value(statement.test)
                if isinstance(test, Unread):
                    self._unread(statement)
                else:
                    self._read(statement.body if test else statement.orelse)
            elif not isinstance(statement, ast.FunctionDef | ast.ClassDef):
                self._unread(statement)

    def _assign(self, target: ast.expr, value: Any) -> None:
        if isinstance(target, ast.Name):
            self._names[target.id] = value
        elif name := self._trait(target):
            self.traits[name] = Trait(value, f"{self._file}, line {target.lineno}")
        else:
            self._unread(target)

    def _trait(self, node: ast.AST) -> str | None:
        """Class.trait of c.Class.trait."""
        match node:
            case ast.Attribute(
                value=ast.Attribute(value=ast.Name(id=root), attr=kind), attr=trait
            ) if root in self._roots:
                return f"{kind}.{trait}"
        return None

    def _unread(self, part: ast.stmt | ast.expr) -> None:
        """Of all traits that a part sets or changes, nothing is known."""
        nodes = list(ast.walk(part))
        found = [
            (node.lineno, name)
            for node in nodes
            if isinstance(node, ast.Attribute) and (name := self._trait(node))
        ]
        for line, name in found:
            self.traits[name] = Trait(Unread(line), f"{self._file}, line {line}")
        if not found and any(isinstance(n, ast.Name) and n.id in self._roots for n in nodes):
            self._folder.note(
                f"`{self._file}`, line {part.lineno} has to do with the configuration.",
                "It was not run, and nothing of it is carried over: look what it does.",
            )

    def _look_around(self, tree: ast.Module, text: str) -> None:
        """What else it does that has to do with settings: opens files, changes lists, shows forms."""
        for node in _outside_of_functions(tree):
            if isinstance(node, ast.Call):
                line = f"`{self._file}`, line {node.lineno}"
                if _called(node) == "load_subconfig" or (
                    _called(node) == "open"
                    and "userlist" not in (ast.get_source_segment(text, node) or "")
                ):
                    self._folder.note(
                        f"{line} reads another file.",
                        "Nothing of that is carried over: put what it says into the stack file.",
                    )
                elif self._changes_a_list(node) and "userlist" not in text:
                    self._folder.note(
                        f"{line} adds to a list, or takes from one.",
                        "Only what the list was before is carried over: compare.",
                    )
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                self.options += re.findall(r"""<option\s+value=["']([^"']+)""", node.value)

    def _changes_a_list(self, node: ast.Call) -> bool:
        match node.func:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                return name in self._names and attribute in _CHANGES
        return False

    def _value(self, node: ast.expr) -> Any:
        """What an expression is, as far as it says so itself; an Unread for anything else."""
        try:
            return self._evaluate(node)
        except Exception:  # such as int("x") in the file: it is its author's mistake
            return Unread(node.lineno)

    def _evaluate(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name) if name in self._names:
                return self._names[name]
            case ast.List(elts=items):
                return [self._value(item) for item in items]
            case ast.Tuple(elts=items):
                return tuple(self._value(item) for item in items)
            case ast.Set(elts=items):
                return {self._value(item) for item in items}
            case ast.Dict(keys=keys, values=values):
                return {
                    self._value(key) if key else Unread(node.lineno): self._value(value)
                    for key, value in zip(keys, values, strict=True)
                }
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not self._known(operand)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self._known(operand)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._known(left) + self._known(right)
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                one, other = self._known(left), self._known(right)
                numbers = isinstance(one, int | float) and isinstance(other, int | float)
                return one * other if numbers else Unread(node.lineno)
            case ast.BoolOp(op=operator, values=values):
                for value in values:
                    found = self._known(value)
                    if bool(found) == isinstance(operator, ast.Or):
                        break
                return found
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self._value(body if self._known(test) else orelse)
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                one, other = self._known(left), self._known(right)
                match operator:
                    case ast.Eq() | ast.Is():
                        return one == other
                    case ast.NotEq() | ast.IsNot():
                        return one != other
                    case ast.In():
                        return one in other
            case ast.JoinedStr(values=parts):
                return "".join(str(self._known(part)) for part in parts)
            case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
                return self._known(value)
            case ast.Subscript(value=value, slice=index):
                if ast.unparse(value) == "os.environ":
                    return self._environment[self._known(index)]
                return self._known(value)[self._known(index)]
            case ast.Call(func=function, args=arguments):
                return self._call(node, ast.unparse(function), function, arguments)
        return Unread(node.lineno)

    def _call(
        self, node: ast.Call, name: str, function: ast.expr, arguments: list[ast.expr]
    ) -> Any:
        given = [self._known(argument) for argument in arguments]
        named = {word.arg: self._known(word.value) for word in node.keywords if word.arg}
        if name in ("os.environ.get", "os.getenv"):
            return self._environment.get(*given)
        if name == "os.path.join":
            return str(PurePosixPath(*given))
        if name in _CONSTRUCTORS and not named:
            return _CONSTRUCTORS[name](*given)
        if isinstance(function, ast.Attribute) and function.attr in _OF_TEXT:
            text = self._known(function.value)
            if isinstance(text, str):
                return getattr(text, function.attr)(*given, **named)
        return Unread(node.lineno)

    def _known(self, node: ast.expr) -> Any:
        """Raises ValueError for what is not known."""
        value = self._value(node)
        if isinstance(value, Unread):
            raise ValueError
        return value


def _called(node: ast.AST) -> str | None:
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None


def _outside_of_functions(tree: ast.Module) -> Iterator[ast.AST]:
    """In the order of the file."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node
            waiting += reversed(list(ast.iter_child_nodes(node)))
