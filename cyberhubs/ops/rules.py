"""The rules of `policy/`, as the operator's commands tell them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cyberhubs.changes import Resource, Summary, Topic
from policy import RULES, Finding, check

PLAIN = "secrets-encrypted"
ENCRYPT = (
    "renew it, as whoever reads the repository has it; then `pulumi config set --secret --path`"
)


def judge(
    summary: Summary,
    resources: Sequence[Resource],
    waivers: Mapping[str, str],
    plain: Sequence[str] = (),
) -> tuple[str, ...]:
    """Adds to a summary what breaks a rule, and waivers that nothing needs. The rules for which a command fails.
    `plain`: keys of secrets that the stack file has in plain text, which no resource shows."""
    rule = replace(next(rule for rule in RULES if rule.name == PLAIN), remedy=ENCRYPT)
    findings = [
        *check(resources, waivers),
        *(Finding(rule, f"{key} is in plain text", waivers.get(PLAIN, "")) for key in plain),
    ]
    summary.extend(Topic.RULES, map(str, findings))
    summary.extend(
        Topic.RULES,
        (
            f"{name} is waived ({waivers[name]}), and nothing breaks it: take the waiver out."
            for name in sorted(waivers.keys() - {finding.rule.name for finding in findings})
        ),
    )
    return tuple(dict.fromkeys(finding.rule.name for finding in findings if finding.fails))


def refusal(stack: str, broken: Sequence[str]) -> str:
    """What to do about them."""
    return (
        f"{stack} breaks {', '.join(broken)}: see Rules above. Do what stands there; or waive a rule, with the reason, "
        f"in its stack file: cyberhubs:waivers: {{{broken[0]}: …}}."
    )
