"""What a rule is, and what is found where it is broken."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cyberhubs.changes.resource import Resource


class Severity(StrEnum):
    ERROR = "error"
    """Commands fail."""
    WARNING = "warning"
    """They say so."""


@dataclass(frozen=True)
class Rule:
    """`name`: as a stack file waives it. `says`, `reason`: sentences. `remedy`: what to do, to follow a colon. `broken`:
    the places where resources break it, a sentence for each without a full stop."""

    name: str
    severity: Severity
    says: str
    reason: str
    remedy: str
    broken: Callable[[Sequence[Resource]], Iterable[str]]


@dataclass(frozen=True)
class Finding:
    """A place where a rule is broken. `waived`: the stack file's reason; empty if it has none."""

    rule: Rule
    text: str
    waived: str = ""

    @property
    def fails(self) -> bool:
        return self.rule.severity is Severity.ERROR and not self.waived

    def __str__(self) -> str:
        if self.waived:
            return f"{self.text}. (waived: {self.rule.name}, {self.waived})"
        return f"{self.text}: {self.rule.remedy}. ({self.rule.severity}: {self.rule.name})"
