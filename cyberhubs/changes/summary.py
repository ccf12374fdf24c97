"""The words for a change, and how a terminal and a pull request show them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from cyberhubs.changes.differences import Change

MARK = "<!-- cyberhubs changes -->"
"""First line of the comment at a pull request, by which the next one finds and updates it."""
NOBODY = "This change touches nobody: no access, no running server, no address."
NOTHING = "Nothing changes."


class Topic(StrEnum):
    """In the order in which people have to know."""

    LOST = "Would be lost"
    REFUSED = "Cannot be done"
    RULES = "Rules"
    ACCESS = "Who may enter"
    HUBS = "Hubs"
    CUT = "Cut off meanwhile"
    EXPOSED = "Open to others"
    IMAGES = "Images"
    SERVERS = "Members' servers"
    MACHINE = "The machine"


@dataclass
class Summary:
    """Of one stack. `seconds`: what the update takes, roughly."""

    changes: list[Change] = field(default_factory=list)
    lines: dict[Topic, list[str]] = field(default_factory=dict)
    seconds: int = 0

    def say(self, topic: Topic, text: str) -> None:
        """Once, however often it is said."""
        said = self.lines.setdefault(topic, [])
        if text not in said:
            said.append(text)

    def extend(self, topic: Topic, texts: Iterable[str]) -> None:
        for text in texts:
            self.say(topic, text)

    @property
    def takes(self) -> str:
        """How long the update takes, in words."""
        if self.seconds < 90:
            return f"about {max(5, round(self.seconds, -1) or 5)} s"
        return f"about {round(self.seconds / 60)} min"

    @property
    def _first(self) -> list[str]:
        """Where no line is about people; a rule is of what there will be, changed or not."""
        if self.lines.keys() - {Topic.RULES}:
            return []
        return [NOBODY if self.changes else NOTHING]

    @property
    def _last(self) -> list[str]:
        return [] if self._first == [NOTHING] else [f"The update takes {self.takes}."]

    def text(self) -> str:
        """For a terminal."""
        parts = [
            f"{topic}:\n" + "\n".join(f"  {line}" for line in self.lines[topic])
            for topic in Topic
            if topic in self.lines
        ]
        return "\n".join([*self._first, *parts, *self._last])

    def markdown(self) -> str:
        """For a comment, with the resources folded."""
        parts = [f"{line}\n" for line in self._first]
        for topic in Topic:
            if lines := self.lines.get(topic):
                bold = "**" if topic is Topic.LOST else ""
                shown = "\n".join(f"- {bold}{_plain(line)}{bold}" for line in lines)
                parts.append(f"**{topic}**\n\n{shown}\n")
        parts += [f"{line}\n" for line in self._last]
        if self.changes:
            parts.append(_folded(self.changes))
        return "\n".join(parts)


def comment(title: str, stacks: Mapping[str, str], unchanged: Sequence[str] = ()) -> str:
    """For a pull request: what `Summary.markdown` says, by the stack's name, and those of which nothing changes."""
    parts = [MARK, f"## {title}\n"]
    parts += [f"### {stack}\n\n{shown}" for stack, shown in stacks.items()]
    if unchanged:
        parts.append(f"Nothing changes for {', '.join(unchanged)}.\n")
    return "\n".join(parts)


def _folded(changes: list[Change]) -> str:
    marks = {"create": "+", "update": "~", "replace": "±", "delete": "-"}
    shown = "\n".join(
        f"{marks[change.operation]} {change.resource.name}"
        + (f"  ({', '.join(sorted(change.keys))})" if change.keys else "")
        for change in changes
        if change.resource.custom
    )
    count = shown.count("\n") + 1
    resources = "1 resource" if count == 1 else f"{count} resources"
    return f"<details><summary>{resources}</summary>\n\n```diff\n{shown}\n```\n\n</details>\n"


def _plain(text: str) -> str:
    """Text of a stack file, which may be a stranger's, as Markdown that shows it and does nothing else."""
    for character in r"\`*_[]<>|#~":
        text = text.replace(character, f"\\{character}")
    return text.replace("@", "@\N{ZERO WIDTH SPACE}")
