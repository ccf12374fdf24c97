"""The workflows, each job as its file says: from a fork's branch to a comment, and what is merged to running hubs."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import run
from tests.support.access import list_of
from tests.support.deployment import PROJECT, Deployment, copy_project, running
from tests.support.repository import NAME, TOKEN, Repository, repository
from tests.support.workflow import Runner, clean

pytestmark = pytest.mark.slow

FORK = "mallory/hubs"
STACK_FILE = "stacks/Pulumi.arbutus.yaml"


class Clone:
    """What a runner has checked out of pull request 5: a fork's branch, merged into `origin`'s main."""

    def __init__(self, folder: Path) -> None:
        self.origin, self.checkout = folder / "origin", folder / "checkout"
        copy_project(self.origin)
        for other in self.origin.glob("stacks/*"):
            if other.name != Path(STACK_FILE).name:
                other.unlink()
        self.git("init", "--quiet", "--initial-branch=main", at=self.origin)
        self.commit(self.origin)
        self.git("clone", "--quiet", str(self.origin), str(self.checkout), at=folder)
        (self.checkout / ".venv").symlink_to(PROJECT / ".venv")

    def git(self, *words: str, at: Path | None = None) -> str:
        who = ("-c", "user.name=ada", "-c", "user.email=ada@example.org")
        return subprocess.check_output(
            ["git", *who, *words], cwd=at or self.checkout, text=True
        ).strip()

    def commit(self, at: Path) -> str:
        self.git("add", "--all", at=at)
        self.git("commit", "--quiet", "--message=x", at=at)
        return self.git("rev-parse", "HEAD", at=at)

    def edit(self, old: str, new: str) -> str:
        """The branch's one commit, checked out as merged."""
        self.git("checkout", "--quiet", "-B", "branch", "origin/main")
        file = self.checkout / STACK_FILE
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))
        sha = self.commit(self.checkout)
        self.git("checkout", "--quiet", "--detach", "origin/main")
        self.git("merge", "--quiet", "--no-ff", "--message=merge", "branch")
        return sha


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return Clone(tmp_path_factory.mktemp("fork"))


@pytest.fixture
def github() -> Iterator[Repository]:
    with repository() as github:
        yield github


def pull_request(sha: str, source: str) -> dict[str, Any]:
    head = {"sha": sha, "repo": {"full_name": source}}
    return {"number": 5, "head": head, "base": {"sha": "0" * 40}}


def test_a_forks_branch_is_told_without_a_secret(
    clone: Clone, github: Repository, tmp_path: Path
) -> None:
    nothing = {
        **clean(),
        "CYBERHUBS_HOME": str(tmp_path / "home"),
        "PULUMI_HOME": os.environ.get("PULUMI_HOME", str(Path.home() / ".cyberhubs/pulumi")),
        "DOCKER_HOST": "unix:///nothing/here",
    }

    def checks(number: int, sha: str) -> tuple[bool, Runner]:
        github.pull(5, sha, FORK)
        context = {
            "github": {"base_ref": "main", "event": {"pull_request": pull_request(sha, FORK)}}
        }
        runner = Runner(github, number, tmp_path / str(number), clone.checkout, nothing, context)
        return runner.job("changes", "changes"), runner

    def says(number: int, sha: str) -> None:
        event = {
            **{"id": number, "event": "pull_request", "conclusion": "failure"},
            **{"head_sha": sha, "head_repository": {"full_name": FORK}},
        }
        context = {"github": {"token": TOKEN, "event": {"workflow_run": event}}}
        temp = tmp_path / f"comment-{number}"
        runner = Runner(github, 90 + number, temp, PROJECT, clean(), context)
        assert runner.job("comment", "comment"), runner.printed

    sha = clone.edit('["grace", "katherine"]', '["grace"]')
    well, runner = checks(1, sha)
    assert well, runner.printed
    says(1, sha)
    (body,) = github.bodies(5)
    assert "katherine" in body
    assert "katherine" in runner.summary

    sha = clone.edit("title: Core hub", "title: [Core hub]")
    well, runner = checks(2, sha)
    assert not well
    says(2, sha)
    (body,) = github.bodies(5)
    assert "katherine" not in body
    assert "title" in body


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with running(Deployment(tmp_path_factory.mktemp("workflows"), "flow")) as stack:
        yield stack


def test_what_is_merged_goes_to_stack_after_stack(
    deployment: Deployment, github: Repository, tmp_path: Path
) -> None:
    """A canary that fails keeps it from the others; previews and drift are of all."""
    canary = run.named("canary")
    broken = deployment.file.with_name(f"Pulumi.{canary}.yaml")
    content = yaml.safe_load(deployment.file.read_text())
    content["config"]["cyberhubs:hubs"]["core"]["interface"] = "notes"
    broken.write_text(yaml.safe_dump(content))
    secrets = {"PULUMI_CONFIG_PASSPHRASE": (deployment.home / "passphrase").read_text().strip()}
    github.pull(5, "5" * 40)

    def job(number: int, target: str, *stacks: str) -> tuple[bool, Runner]:
        variables = {
            "CYBERHUBS_STACKS": " ".join(stacks),
            "PULUMI_BACKEND_URL": f"file://{deployment.home}/state",
        }
        context = {
            "inputs": {"target": target},
            "vars": variables,
            "secrets": secrets,
            "github": {"event": {"pull_request": pull_request("5" * 40, NAME)}},
        }
        environment = {**clean(), **deployment.environment}
        temp = tmp_path / str(number)
        runner = Runner(github, number, temp, deployment.directory, environment, context)
        return runner.job("stacks", "stacks"), runner

    def told(number: int, workflow: str, name: str) -> str:
        context = {
            "vars": {"CYBERHUBS_STACKS": deployment.stack},
            "needs": {workflow: {"result": "failure"}},
            "github": {
                **{"token": TOKEN, "run_id": number, "repository": NAME},
                "event": {"pull_request": pull_request("5" * 40, NAME)},
            },
        }
        temp = tmp_path / f"{name}-{number}"
        runner = Runner(github, number, temp, PROJECT, clean(), context)
        assert runner.job(workflow, name), runner.printed
        return runner.printed

    well, runner = job(1, "up", canary, deployment.stack)
    assert not well
    assert "interface" in runner.printed
    assert "Cyberhubs is up" not in runner.printed

    deployment.edit(
        lambda config: config["cyberhubs:hubs"]["core"]["access"].update(allowed=["grace"])
    )
    well, runner = job(2, "preview", canary, deployment.stack)
    assert not well
    told(2, "preview", "comment")
    (body,) = github.bodies(5)
    assert body.startswith("<!-- cyberhubs preview -->\n")
    assert f"### {canary}: `make preview` failed" in body
    assert "katherine" in body

    well, runner = job(3, "up", deployment.stack)
    assert well, runner.printed
    assert "Cyberhubs is up" in runner.printed

    assert job(4, "drift", deployment.stack)[0]
    assert "no drift" in told(4, "drift", "issue")
    list_of(deployment).write_text("damaged")
    assert job(5, "drift", deployment.stack)[0]
    assert "Opened issue" in told(5, "drift", "issue")
    (mine,) = [one for one in github.issues.values() if "pull_request" not in one]
    assert "has other content" in mine["body"]
    assert job(6, "up", deployment.stack)[0]
    assert job(7, "drift", deployment.stack)[0]
    assert "Closed issue" in told(7, "drift", "issue")
    assert not [path for path in tmp_path.rglob("*") if _holds(path, *secrets.values())]


def _holds(path: Path, secret: str) -> bool:
    return path.is_file() and secret in path.read_text(errors="replace")
