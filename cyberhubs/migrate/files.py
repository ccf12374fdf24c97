"""Reads an old system's files, and runs none of them. What cannot be read is noted, and reading goes on."""

import os
import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from cyberhubs.migrate.old_system import Left

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_REFERENCE = re.compile(
    rf"\$(?:(\$)|({_NAME})|\{{({_NAME})(?:(:?[-?])([^}}]*))?\}})"  # $$, $A, ${A}, ${A:-otherwise}
)


class Folder:
    """An old system's files, with all that could not be read in `left`."""

    def __init__(self, root: Path):
        self.root = root
        self.left: list[Left] = []

    def show(self, path: Path) -> str:
        """As the report names it."""
        return os.path.relpath(path, self.root)

    def note(self, what: str, remedy: str) -> None:
        self.left.append(Left(what, remedy))

    def text(self, path: Path) -> str | None:
        """With line ends as on Unix. None where there is no such file, or it cannot be read."""
        remedy = "Nothing of it is carried over: make it readable, delete what was written, and import again."
        try:
            if not path.is_file():
                if os.path.lexists(path):
                    self.note(f"`{self.show(path)}` is no file that can be read.", remedy)
                return None
            content = path.read_bytes()
        except OSError as error:
            self.note(f"`{self.show(path)}` cannot be read: {error.strerror}.", remedy)
            return None
        wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        try:
            text = content.decode("utf-16" if wide else "utf-8-sig")
        except UnicodeDecodeError:
            self.note(
                f"`{self.show(path)}` is not text in UTF-8.",
                "What has another letter than those of ASCII is left out: compare.",
            )
            text = content.decode("utf-8", errors="replace")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def yaml(self, path: Path) -> dict[str, Any] | None:
        """A mapping, with every value as the text that stands there."""
        text = self.text(path)
        if text is None:
            return None
        try:
            content = yaml.load(text, Loader=_AsText)
        except (yaml.YAMLError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            line = f" in line {mark.line + 1}" if mark else ""
            self.note(f"`{self.show(path)}` is not valid YAML{line}.", "Mend it, and import again.")
            return None
        if content in (None, ""):
            return {}
        if not isinstance(content, dict):
            self.note(f"`{self.show(path)}` holds no keys.", "Nothing of it is carried over.")
            return None
        return content

    def variables(self, path: Path, known: Mapping[str, str] | None = None) -> dict[str, str]:
        """Of a file of `NAME=value`, as docker compose reads one."""
        found: dict[str, str] = dict(known or {})
        own: dict[str, str] = {}
        for number, line in enumerate((self.text(path) or "").split("\n"), 1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            match = re.fullmatch(rf"\s*(?:export\s+)?({_NAME})\s*=\s*(.*)", line)
            quoted = match and re.match(r"""(["'])(.*?)\1\s*(#.*)?$""", match[2])
            if not match or (match[2][:1] in ("'", '"') and not quoted):
                self._no_setting(path, number)
                continue
            value = quoted[2] if quoted else re.split(r"(?:^|\s)#", match[2])[0].strip()
            single = bool(quoted and quoted[1] == "'")
            own[match[1]] = found[match[1]] = value if single else expand(value, found)
        return own

    def shell_variables(self, path: Path) -> dict[str, str]:
        """Of a shell script that is nothing but `export NAME=value`."""
        found: dict[str, str] = {}
        pending, first = "", 0
        lines = (self.text(path) or "").split("\n")
        for number, line in enumerate(lines, 1):
            first = first or number
            pending += line.removesuffix("\\") if line.endswith("\\") else f"{line}\n"
            if line.endswith("\\") and number < len(lines):
                continue
            try:
                words = _words(pending)
            except (
                ValueError
            ):  # A quotation that is not closed: what follows may be a secret, and is not of it.
                words = ["?"]
            text, start, pending, first = pending, first, "", 0
            for command in _commands(words):
                names = command[1:] if command[:1] == ["export"] else command
                for word in names:
                    match = re.fullmatch(rf"({_NAME})(?:=(.*))?", word, re.S)
                    value = match and match[2]
                    if not match or (value is None and names is command) or _runs(value, text):
                        self._no_setting(path, start)
                        break
                    if value is not None:
                        literal = f"{match[1]}='" in text
                        found[match[1]] = value if literal else expand(value, found)
        return found

    def _no_setting(self, path: Path, line: int) -> None:
        self.note(
            f"`{self.show(path)}`, line {line} is not of the form `NAME=value`.",
            "It was not run: look whether what it does is still needed.",
        )


def _words(text: str) -> list[str]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=";&|()<>")
    lexer.whitespace_split = True
    return list(lexer)


def _commands(words: Iterable[str]) -> list[list[str]]:
    """The words between one semicolon and the next."""
    commands: list[list[str]] = [[]]
    for word in words:
        if set(word) <= {";"} and word:
            commands.append([])
        else:
            commands[-1].append(word)
    return [command for command in commands if command]


def _runs(value: str | None, text: str) -> bool:
    """Whether a value comes of a program."""
    return value is not None and "'" not in text and ("$(" in value or "`" in value)


def expand(text: str, known: Mapping[str, str]) -> str:
    """With the values of the variables that it names; nothing for those that are not known."""

    def value(match: re.Match[str]) -> str:
        if match[1]:
            return "$"
        found = known.get(match[2] or match[3])
        if match[4] in (":-", "-") and (found is None or (found == "" and match[4] == ":-")):
            return match[5]
        return found or ""

    return _REFERENCE.sub(value, text)


class _AsText(yaml.SafeLoader):
    """Numbers, dates and words such as `no` stay what was typed; a key that is there twice is an error."""

    yaml_implicit_resolvers = {  # noqa: RUF012  (as in its base)
        "<": [("tag:yaml.org,2002:merge", re.compile("<<"))]
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        own: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and not key.tag.endswith("merge"):
                if key.value in own:
                    raise yaml.MarkedYAMLError(problem="twice", problem_mark=key.start_mark)
                own.add(key.value)
        return super().construct_mapping(node, deep)
