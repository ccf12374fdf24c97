"""From what the engine hands to a policy pack, to the rules.

Of a whole stack a pack is told the outputs, of which a preview knows few: so the inputs, of which each resource is told
before it is made, are kept until then.
"""

from functools import partial

from pulumi_policy import (  # pyright: ignore[reportMissingImports] # in an environment of its own
    EnforcementLevel,
    Policy,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.deserialize import (  # pyright: ignore[reportMissingImports]
    serialize_properties,
)

from cyberhubs import paths
from cyberhubs.changes.resource import Resource
from cyberhubs.settings import load_file
from policy.rule import Rule, Severity
from policy.rules import RULES, check

LEVELS = {
    Severity.ERROR: EnforcementLevel.MANDATORY,
    Severity.WARNING: EnforcementLevel.ADVISORY,
}
LEFT_OUT = "secrets-encrypted"  # as a pack is given secrets without their marks


def policies() -> list[Policy]:
    """The rules, and before them what keeps the resources."""
    resources: dict[str, Resource] = {}
    kept = ResourceValidationPolicy(
        "resources-kept",
        "Breaks nothing: the rules look at what it keeps.",
        partial(_keep, resources),
    )
    return [
        kept,
        *(
            StackValidationPolicy(
                rule.name,
                f"{rule.says} {rule.reason}",
                partial(_validate, resources, rule),
                LEVELS[rule.severity],
            )
            for rule in RULES
            if rule.name != LEFT_OUT
        ),
    ]


def _keep(
    resources: dict[str, Resource], args: ResourceValidationArgs, report: ReportViolation
) -> None:
    resources[args.urn] = Resource(
        urn=args.urn,
        type=args.resource_type,
        custom=not args.resource_type.startswith("cyberhubs:"),
        inputs=serialize_properties(args.props),  # else what is not known yet raises an error
        uses={},
        replaces=frozenset(),
        protect=args.opts.protect,
    )


def _validate(
    resources: dict[str, Resource], rule: Rule, args: StackValidationArgs, report: ReportViolation
) -> None:
    known = [resources[one.urn] for one in args.resources if one.urn in resources]
    stack = args.resources[0].urn.removeprefix("urn:pulumi:").partition("::")[0]
    found = check(known, load_file(paths.stack_file(stack), stack).waivers)
    for finding in found:
        if finding.rule is rule and finding.waived:
            args.not_applicable(f"waived: {finding.waived}")
        elif finding.rule is rule:
            report(str(finding), None)
