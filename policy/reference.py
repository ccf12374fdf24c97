"""The rules, for people: `python -m policy.reference` writes the page anew."""

from cyberhubs.paths import CHECKOUT
from policy.rules import RULES

FILE = CHECKOUT / "docs" / "reference" / "rules.md"
HEAD = """\
# Rules

<!-- Written by `python -m policy.reference` from policy/: change that. -->

What a stack may not create. `make changes` and `make preview` check all of it ([how](../how-to/previews.md#rules)): an *error* makes
them fail, a *warning* is said. *In production* is every stack but one of kind `local` whose front door listens on the loopback.

| rule | | what has to be | why | else |
|---|---|---|---|---|
"""


def text() -> str:
    rows = [
        f"| `{rule.name}` | {rule.severity} | {rule.says} | {rule.reason} | {rule.remedy} |"
        for rule in RULES
    ]
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
