"""Rules over what a stack would create: pure functions over its recorded resources. `check` applies all of them."""

from policy.rule import Finding, Rule, Severity
from policy.rules import RULES, check

__all__ = ["RULES", "Finding", "Rule", "Severity", "check"]
