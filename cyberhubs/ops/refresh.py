"""What Pulumi's own refresh finds: what each provider reads of a resource now, beside what the program has given it."""

import json
from collections.abc import Iterator
from typing import Any

from cyberhubs import pulumi_env
from cyberhubs.errors import UserError
from cyberhubs.ops.drift import Differences
from cyberhubs.ops.stack import Stack
from cyberhubs.resource_types import CONTAINER, NETWORK

GONE = "is not there"


def of_world(stack: Stack) -> Differences:
    """Name of a resource → what is other than it was made. The state is not written.

    Raises UserError where a provider could not look.
    """
    done = stack.pulumi("refresh", "--preview-only", "--json", "--stack", stack.name, capture=True)
    if done.returncode:
        raise UserError(
            pulumi_env.errors(done.stdout) or done.stderr.strip() or done.stdout.strip()
        )
    found = (
        (step["urn"].split("::")[-1], [*_differences(step)])
        for step in json.loads(done.stdout)["steps"]
    )
    return {name: texts for name, texts in found if texts}


def _differences(step: dict[str, Any]) -> Iterator[str]:
    before, now = step.get("oldState") or {}, step.get("newState")
    if step["op"] == "delete" or now is None:
        # Of these the look at the engine knows more.
        if before["type"] not in (CONTAINER, NETWORK):
            yield GONE
        return
    # Only what the program has given: the rest is the provider's, and changes with each start.
    for key, given in before.get("inputs", {}).items():
        there = now.get("inputs", {}).get(key)
        if not key.startswith("__") and not _holds(given, there):
            yield f"{key} is {_shown(there)}, and was made as {_shown(given)}"


def _holds(given: Any, there: Any) -> bool:
    """Whether what was given is there, to which a provider may have added."""
    if isinstance(given, dict) and isinstance(there, dict):
        return all(_holds(value, there.get(key)) for key, value in given.items())
    if isinstance(given, list) and isinstance(there, list):
        return len(given) == len(there) and all(map(_holds, given, there))
    return given == there


def _shown(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)
