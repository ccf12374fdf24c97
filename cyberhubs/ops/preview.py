"""What an update would change, of what there is."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cyberhubs.changes import (
    OPERATIONS,
    Change,
    Resource,
    Summary,
    comment,
    copy_working_tree,
    describe,
    record,
)
from cyberhubs.errors import UserError
from cyberhubs.ops.lock import locked
from cyberhubs.ops.preflight import preflight_of
from cyberhubs.ops.rules import judge, refusal
from cyberhubs.ops.stack import Stack
from cyberhubs.settings.plain_secrets import plain_secrets


@locked
def preview(stack: Stack, *, refresh: bool = False, markdown: str = "") -> None:
    """Shows what Pulumi would do to each resource, then in plain words what that means for people; into the file
    `markdown`, too, as a comment. `refresh`: compares with what there is, of which the state may know nothing. Raises
    UserError for what breaks a rule, once all is said."""
    stack.create()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1) as pool:
        planned = pool.submit(_planned, Path(folder, "checkout"), stack)
        log = Path(folder, "events")
        environment = {
            **preflight_of(stack).preview_environment(),
            "PULUMI_DEBUG_COMMANDS": "true",  # without which it has no --event-log
        }
        words = ["preview", "--stack", stack.name, "--diff", "--event-log", str(log)]
        words += ["--refresh"] if refresh else []
        if stack.pulumi(*words, environment=environment).returncode:
            planned.cancel()
            raise UserError("The preview failed: the reason is above. Nothing was changed.")
        after = planned.result()
        summary = _summary(stack, log, after)
    broken = judge(summary, after, stack.settings.waivers, plain_secrets(stack.settings))
    print(f"\nIn plain words:\n{summary.text()}")
    if markdown:
        Path(markdown).write_text(
            comment("What this does to what runs", {stack.name: summary.markdown()})
        )
    if broken:
        raise UserError(refusal(stack.name, broken))


def _planned(folder: Path, stack: Stack) -> list[Resource]:
    copy_working_tree(folder)
    return record(folder, stack.name)


def _summary(stack: Stack, log: Path, after: Sequence[Resource]) -> Summary:
    before = [Resource.read(resource) for resource in stack.resources]
    return describe(before, after, _changes(log, before, after))


def _changes(log: Path, before: Sequence[Resource], after: Sequence[Resource]) -> list[Change]:
    """What the engine has said of each resource."""
    old, new = ({one.urn: one for one in resources} for resources in (before, after))
    changes = []
    for line in log.read_text().splitlines():
        step = json.loads(line).get("resourcePreEvent", {}).get("metadata", {})
        if step.get("op") in OPERATIONS:  # a replacement has two steps more
            changes.append(_change(step, old, new))
    return changes


def _change(step: Mapping, old: Mapping[str, Resource], new: Mapping[str, Resource]) -> Change:
    urn = step["urn"]
    before, after = (
        known.get(urn) or (Resource.read(shown) if shown else None)
        for known, shown in ((old, step.get("old")), (new, step.get("new")))
    )
    resource = after if step["op"] != "delete" and after else before
    assert resource  # as each step has one of them
    return Change(step["op"], resource, before, frozenset(step.get("diffs") or ()))
