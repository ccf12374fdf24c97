"""What a branch, or what is not committed yet, changes for people: for pull requests, without any secret."""

import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

from cyberhubs import paths
from cyberhubs.changes import (
    Resource,
    Summary,
    Topic,
    comment,
    copy_commit,
    copy_working_tree,
    describe,
    differences,
    record,
    stacks_of,
    team_changes,
    teams_of,
)
from cyberhubs.errors import UserError
from cyberhubs.ops.rules import judge, refusal
from cyberhubs.ops.stack import Stack
from cyberhubs.progress import Report
from cyberhubs.settings import load_file
from cyberhubs.settings.plain_secrets import plain_secrets
from cyberhubs.settings.problems import one_of

AT_ONCE = 2  # previews; each keeps a core busy


@dataclass(frozen=True)
class Compared:
    """A stack of the branch. `failed`: why it cannot be told what changes; `note`: what limits what is told; `broken`:
    rules for which the command fails."""

    stack: str
    summary: Summary | None = None
    failed: str = ""
    note: str = ""
    broken: tuple[str, ...] = ()


def changes(stack: Stack, base: str, markdown: str = "") -> None:
    """Says for the stack, or for every one if it has no name, what has changed since the branch left `base`; into the
    file `markdown`, too, as a comment. Raises UserError if a stack file is wrong, its program stops, or it breaks a rule."""
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder, "before"), Path(folder, "after")
        for copy in (before, after):
            copy.mkdir()
        commit = copy_commit(base, before)
        copy_working_tree(after)
        old, new = stacks_of(before), stacks_of(after)
        known = sorted({*old, *new})
        if stack.name and stack.name not in known:
            raise UserError(f"There is no stack {stack.name} — {one_of(stack.name, known)}.")

        def compare(name: str) -> Compared:
            return _compare(name, before if name in old else None, after if name in new else None)

        names = [stack.name] if stack.name else known
        step = Report().step(f"previewing {', '.join(names)}: now, and as of {commit}")
        with step, ThreadPoolExecutor(AT_ONCE) as pool:
            compared = list(pool.map(compare, names))
    for one in compared:
        print(f"\n{one.stack}, since {commit}:\n{indent(_text(one), '  ')}")
    if markdown:
        Path(markdown).write_text(_comment(compared, commit))
    problems = [refusal(one.stack, one.broken) for one in compared if one.broken]
    if failed := [one.stack for one in compared if one.failed]:
        problems.append(f"{', '.join(failed)}: see above; the rest has been compared.")
    if problems:
        raise UserError("\n".join(problems))


def _comment(compared: Iterable[Compared], commit: str) -> str:
    """Those that change, then those that do not."""
    changed, unchanged = {}, []
    for one in compared:
        if one.summary and not one.summary.changes and not one.summary.lines and not one.note:
            unchanged.append(one.stack)
            continue
        shown = one.summary.markdown() if one.summary else f"```\n{one.failed}\n```\n"
        changed[one.stack] = f"{one.note}\n\n{shown}" if one.note else shown
    return comment(f"What this changes for people (since {commit})", changed, unchanged)


def _text(one: Compared) -> str:
    shown = one.failed if one.summary is None else one.summary.text()
    return f"{one.note}\n{shown}" if one.note else shown


def _compare(name: str, before: Path | None, after: Path | None) -> Compared:
    """`before`, `after`: copies of the checkout that have the stack."""
    if after is None:
        return Compared(
            name,
            Summary(),
            note="Its stack file is gone, and nothing stops its hubs: `make down` before that, or bring it back.",
        )
    try:
        settings = load_file(paths.stack_file(name), name)  # whose errors name the file to edit
        new = record(after, name)
    except UserError as error:
        return Compared(name, failed=str(error))
    old: list[Resource] = []
    note = "" if before else "It is new."
    if before:
        try:
            old = record(before, name)
        except UserError as error:
            first = str(error).splitlines()[0]
            note = f"All of it is shown as new: the program of before does not preview it here ({first})."
    summary = describe(old, new, differences(old, new))
    teams = teams_of(before, name) if before else {}
    summary.extend(Topic.ACCESS, team_changes(teams, teams_of(after, name)))
    broken = judge(summary, new, settings.waivers, plain_secrets(settings))
    return Compared(name, summary, note=note, broken=broken)
