"""What is wrong with a stack file, as lines of `path: what is wrong — what to do`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from cyberhubs.errors import UserError

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """`path` starts with the key after "cyberhubs:"."""

    path: KeyPath
    text: str


class SettingsError(UserError):
    """All that is wrong with a stack file, one line each in `problems`."""

    def __init__(self, source: str, problems: list[str]):
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        lines = "".join(f"\n  {line}" for line in problems)
        super().__init__(f"{source}: {count}, nothing was changed{lines}")
        self.problems = problems


def show(problems: Iterable[Problem], lines: Mapping[KeyPath, int] | None = None) -> list[str]:
    """Each problem once, in the file's order where `lines` says on which line a path stands."""
    lines = lines or {}

    def line_of(path: KeyPath) -> int:
        while path and path not in lines:
            path = path[:-1]
        return lines.get(path, 0)

    shown: dict[str, None] = {}
    for problem in sorted(problems, key=lambda problem: line_of(problem.path)):
        line = line_of(problem.path)
        at = f" (line {line})" if line else ""
        shown[f"{path_text(problem.path)}{at}: {problem.text}"] = None
    return list(shown)


def path_text(path: KeyPath) -> str:
    """("hubs", "core", "data", 0) as "cyberhubs:hubs.core.data[0]"."""
    first, *rest = path
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in rest)
    return f"cyberhubs:{first}{''.join(steps)}"


def one_of(value: object, known: Iterable[str]) -> str:
    """The remedy for a word that is none of `known`."""
    known = list(known)
    if near := get_close_matches(str(value), known, 1, 0.6):
        return f"did you mean {near[0]}?"
    return f"write {' or '.join(known)}" if len(known) < 4 else f"known are {', '.join(known)}"
