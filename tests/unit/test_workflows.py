"""What workflows say at GitHub: once, about their own pull request, whatever was uploaded; and that each is safe to run."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cyberhubs.changes import MARK
from tests.support.deployment import PROJECT
from tests.support.repository import BOT, NAME, Repository, repository
from tests.support.workflow import Runner, job_of

WORKFLOWS = sorted((PROJECT / ".github/workflows").glob("*.yml"))
SHA = "0f3d" * 10
FORK = "mallory/hubs"
MINE = "<!-- cyberhubs drift -->"
workflows = pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)


@pytest.fixture
def github() -> Iterator[Repository]:
    with repository() as github:
        yield github


def make(github: Repository, target: str, *words: str, fails: bool = False, **more: str) -> str:
    """What a workflow's job does, by whatever Python there is."""
    done = subprocess.run(
        ["make", target, *words, f"PYTHON={sys.executable} -S -P"],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT), **github.environment, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert bool(done.returncode) == fails, done.stdout
    return done.stdout


def comment(github: Repository, fails: bool = False, source: str = NAME, **more: str) -> str:
    run = {"RUN_ID": "77", "HEAD_SHA": SHA, "HEAD_REPOSITORY": source}
    return make(github, "comment", "OF=changes", fails=fails, **{**run, **more})


def upload(github: Repository, text: str, number: str = "5\n") -> None:
    github.upload(77, "changes", {"changes.md": text, "number": number})


def test_a_pull_request_has_one_comment_that_is_kept_current(github: Repository) -> None:
    github.pull(5, SHA)
    upload(github, f"{MARK}\nGrace gains access.\n")
    assert "Commented at pull request 5." in comment(github)
    assert github.bodies(5) == [f"{MARK}\n\nGrace gains access."]
    assert github.storage_saw == [None]
    for other in range(120):  # so that it is on a later page
        github.said(f"I agree {other}", "ada", 5)
    github.comments = dict(sorted(github.comments.items(), reverse=True))
    upload(github, f"{MARK}\nNothing changes.\n")
    assert "Updated the comment at pull request 5." in comment(github)
    assert github.bodies(5)[-1] == f"{MARK}\n\nNothing changes."
    assert len(github.bodies(5)) == 121


def test_somebody_elses_comment_is_left_alone_whatever_it_begins_with(github: Repository) -> None:
    github.pull(5, SHA)
    for author, body in (("mallory", f"{MARK}\nAll is well."), (BOT, f"Of {MARK}")):
        github.said(body, author, 5)
    before = github.bodies(5)
    upload(github, "Grace loses access.")
    comment(github)
    assert github.bodies(5) == [*before, f"{MARK}\n\nGrace loses access."]


@pytest.mark.parametrize("number", ["6", "9", "", "5/../6", "-5", "5\n6", "$(id)"])
def test_a_run_speaks_at_its_own_pull_request_alone(github: Repository, number: str) -> None:
    github.pull(5, SHA, FORK)
    github.pull(6, "1" * 40)
    upload(github, "Merge this.", number)
    assert "Traceback" not in comment(github, fails=True, source=FORK)
    assert github.comments == {}


@pytest.mark.parametrize("source", [FORK, None])
def test_the_same_commit_of_another_repository_is_another_run(
    github: Repository, source: str | None
) -> None:
    github.pull(5, SHA, source)
    upload(github, "Merge this.")
    comment(github, fails=True)
    assert github.comments == {}


@pytest.mark.parametrize(
    "files",
    [
        b"no archive",
        {"changes.md": "x" * (2 << 20), "number": "5"},  # packs to 2 KB
        {"changes.md": os.urandom(2 << 20), "number": "5"},
        {"../changes.md": "x", "number": "5"},
        {f"{n}.md": "x" for n in range(200)},
    ],
    ids=["broken", "bomb", "large", "outside", "many"],
)
def test_an_upload_that_is_not_ours_is_refused(github: Repository, files: Any) -> None:
    github.pull(5, SHA)
    github.upload(77, "changes", files)
    printed = comment(github, fails=True)
    assert "Traceback" not in printed
    assert github.comments == {}


def test_a_forks_text_says_whose_it_is_and_calls_nobody(github: Repository) -> None:
    github.pull(5, SHA, FORK)
    upload(github, "<!-- cyberhubs preview -->\n@lab/admins: merge this.")
    comment(github, source=FORK)
    (body,) = github.bodies(5)
    assert body.startswith(f"{MARK}\n\n_Told by the code of a fork")
    assert "@lab" not in body


def test_a_long_text_is_cut_where_it_still_reads(github: Repository) -> None:
    github.pull(5, SHA)
    upload(github, "<details>\n\n````diff\n" + "+ a resource\n```\n" * 9000 + "````\n</details>\n")
    comment(github)
    (body,) = github.bodies(5)
    assert len(body) < 65_000
    assert "in the summary of the run" in body
    assert body.endswith("\n````")


def test_a_run_that_has_uploaded_nothing_says_nothing(github: Repository) -> None:
    github.upload(77, "preview", {"number": "5"})
    assert "nothing to say" in comment(github)


def test_drift_has_one_issue_for_as_long_as_there_is_any(
    github: Repository, tmp_path: Path
) -> None:
    github.pull(5, SHA)
    github.issues[5]["body"] = f"{MINE}\nof a pull request"
    github.issues[6] = github.issues[5] | {"number": 6, "body": f"{MINE}\nof somebody else"}
    del github.issues[6]["pull_request"]
    theirs = {number: dict(one) for number, one in github.issues.items()}
    good, bad = "All is as it was made: stack a, last updated …\n", "Stack b is no longer as …\n"

    def issue(*reports: str) -> str:
        for stack, text in zip(("a", "b"), reports, strict=False):
            (tmp_path / f"{stack}.md").write_text(text)
        words = (f"REPORTS={tmp_path}", "STACKS=a b")
        return make(github, "issue", *words, RUN_URL="https://github.com/lab/hubs/actions/runs/77")

    assert "no drift" in issue(good, good)
    assert "Opened issue" in issue(good, bad)
    (mine,) = [one for number, one in github.issues.items() if number not in theirs]
    assert mine["body"].startswith(f"{MINE}\n\nBy https://")
    assert "### b\n\nStack b is no longer" in mine["body"]
    assert "### a" not in mine["body"]
    (tmp_path / "a.md").unlink()
    assert f"Updated issue {mine['number']}." in issue()
    assert "### a\n\nIt could not be looked at" in mine["body"]
    assert "Closed issue" in issue(good, good)
    assert mine["state"] == "closed"
    (last,) = github.bodies(mine["number"])
    assert last.startswith("All is as it was made again")
    assert "Opened issue" in issue(bad)
    assert {number: github.issues[number] for number in theirs} == theirs


def test_what_writes_at_github_needs_no_package() -> None:
    for file in (PROJECT / "cyberhubs/workflows").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom | ast.Import):
                name = getattr(node, "module", None) or node.names[0].name
                assert name.split(".")[0] in {*sys.stdlib_module_names, "cyberhubs"}, file


def steps(file: Path) -> Iterator[dict[str, Any]]:
    for job in yaml.safe_load(file.read_text())["jobs"].values():
        yield from job.get("steps", ())


@workflows
def test_actions_are_githubs_own_at_a_commit(file: Path) -> None:
    for line in re.findall(r"uses: (\S+.*)", file.read_text()):
        pinned = re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)
        assert pinned or line == "./.github/workflows/stacks.yml", line


@workflows
def test_no_text_of_a_stranger_becomes_part_of_a_script(file: Path) -> None:
    assert [step["run"] for step in steps(file) if "${{" in step.get("run", "")] == []


@workflows
def test_rights_are_those_that_are_named_and_every_job_ends(file: Path) -> None:
    workflow = yaml.safe_load(file.read_text())
    assert workflow["permissions"] in ({}, {"contents": "read"})
    for job in workflow["jobs"].values():
        assert "timeout-minutes" in job or job["uses"] == "./.github/workflows/stacks.yml"
    for step in steps(file):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@workflows
def test_who_may_write_has_neither_a_secret_nor_the_code_of_a_branch(file: Path) -> None:
    for job in yaml.safe_load(file.read_text())["jobs"].values():
        if "write" in job.get("permissions", {}).values():
            text = yaml.safe_dump(job)
            assert "secrets" not in text
            assert "head.ref" not in text and "head_ref" not in text
            assert "self-hosted" not in text


def wants(server: Repository, workflow: str, job: str, /, **context: Any) -> bool:
    """Whether GitHub would start the job."""
    return Runner(server, 1, Path(), PROJECT, {}, context).wants(workflow, job)


def pulled_from(source: str | None, actor: str = "ada") -> dict[str, Any]:
    """What a workflow knows of a pull request."""
    head = {"repo": source and {"full_name": source}}
    return {"actor": actor, "repository": NAME, "event": {"pull_request": {"head": head}}}


STACKS = {"CYBERHUBS_STACKS": "canary arbutus"}


@pytest.mark.parametrize(
    ("about", "stacks", "starts"),
    [
        (pulled_from(NAME), STACKS, True),
        (pulled_from(FORK), STACKS, False),
        (pulled_from(None), STACKS, False),  # of a fork that is gone
        (pulled_from(NAME, "dependabot[bot]"), STACKS, False),
        (pulled_from(NAME), {}, False),
    ],
    ids=["own", "fork", "gone", "dependabot", "none"],
)
def test_a_preview_of_what_runs_is_for_branches_of_the_repository_alone(
    github: Repository, about: dict[str, Any], stacks: dict[str, str], starts: bool
) -> None:
    assert wants(github, "preview", "preview", github=about, vars=stacks) == starts


@pytest.mark.parametrize("workflow", ["up", "drift"])
def test_without_the_variable_no_stack_is_touched(github: Repository, workflow: str) -> None:
    assert wants(github, workflow, workflow, vars=STACKS)
    assert not wants(github, workflow, workflow, vars={})


@pytest.mark.parametrize(("workflow", "job"), [("preview", "comment"), ("drift", "issue")])
def test_what_was_looked_at_is_told_also_where_it_failed(
    github: Repository, workflow: str, job: str
) -> None:
    assert job_of(workflow, job)["needs"] == workflow
    for result in ("success", "failure", "skipped"):
        told = wants(github, workflow, job, needs={workflow: {"result": result}})
        assert told == (result != "skipped")


@pytest.mark.parametrize(
    ("event", "conclusion", "starts"),
    [
        ("pull_request", "success", True),
        ("pull_request", "failure", True),
        ("pull_request", "cancelled", False),
        ("push", "success", False),
    ],
)
def test_a_run_of_a_pull_request_is_told_unless_it_was_cancelled(
    github: Repository, event: str, conclusion: str, starts: bool
) -> None:
    run = {"event": event, "conclusion": conclusion}
    assert wants(github, "comment", "comment", github={"event": {"workflow_run": run}}) == starts


# Workflow, what starts it, and the environment by which its job reaches the stacks.
REACH = {
    "preview": ({"pull_request"}, "preview"),
    "up": ({"push", "workflow_dispatch"}, "production"),
    "drift": ({"schedule", "workflow_dispatch"}, "drift"),
}


def test_stacks_are_reached_by_way_of_an_environment_alone() -> None:
    """Whose rules say who may have its secrets and the runner; by nothing that a fork starts with them."""
    reach: dict[str, tuple[set[str], str]] = {}
    for file in WORKFLOWS:
        workflow = yaml.safe_load(file.read_text())
        on = workflow[True]  # as YAML takes `on`
        starts = on if isinstance(on, dict) else {on: {}}
        for name, job in workflow["jobs"].items():
            if job.get("uses") == "./.github/workflows/stacks.yml":
                assert name == job["with"]["target"] == file.stem
                reach[name] = {*starts}, job["with"]["environment"]
                if "push" in starts:
                    assert starts["push"]["branches"] == ["main"]
            elif file.stem == "stacks":
                assert {*starts} == {"workflow_call"}
                assert job["environment"] == "${{ inputs.environment }}"
            else:
                text = yaml.safe_dump(job)
                assert "secrets" not in text and "self-hosted" not in text, file
    assert reach == REACH


@workflows
def test_a_step_is_an_action_or_a_target_of_make(file: Path) -> None:
    makefile = (PROJECT / "Makefile").read_text()
    targets = {*re.findall(r"^([a-z-]+):", makefile, re.M)}
    for step in steps(file):
        script = step.get("run", "")
        named = {*re.findall(r'make "?([$\w-]+)', script)}
        assert named <= {*targets, "$TARGET"}
        assert named or "uses" in step or script.startswith("cat ")
