"""Secrets in plain text are found, in stack files and in what was ever committed, and not printed."""

import base64
import os
import re
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cyberhubs.settings import schema
from tests.support.deployment import PROJECT, copy_project
from tests.support.keys import make_key


class Repository:
    """A checkout with a history of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "stacks/Pulumi.arbutus.yaml"
        copy_project(folder)
        (folder / ".venv").symlink_to(PROJECT / ".venv")
        self.git("init", "--quiet")
        self.commit()

    def git(self, *words: str) -> str:
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
        return subprocess.run(
            ["git", *who, *words], cwd=self.folder, check=True, capture_output=True, text=True
        ).stdout.strip()

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=x")
        return self.git("rev-parse", "HEAD")

    def say(self, secret: str) -> None:
        """Of the client secret of the stack file's app."""
        text = self.file.read_text()
        self.file.write_text(re.sub("clientSecret: .*", f"clientSecret: {secret}", text))

    def scan(self) -> tuple[int, str]:
        done = subprocess.run(
            [".venv/bin/python", "-m", "cyberhubs.scan"],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.returncode, done.stdout


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return Repository(tmp_path_factory.mktemp("scan") / "project")


@pytest.fixture(autouse=True)
def as_before(repository: Repository) -> Iterator[None]:
    head = repository.git("rev-parse", "HEAD")
    yield
    repository.git("reset", "--quiet", "--hard", head)
    repository.git("clean", "--quiet", "--force", "-d")


def known_shapes() -> dict[str, str]:
    """Put together here, so that a scan of this file finds none."""
    letters = secrets.token_urlsafe(80).replace("-", "").replace("_", "")
    upper = base64.b32encode(secrets.token_bytes(20)).decode()
    return {
        "plain": secrets.token_hex(20),
        "personal": f"ghp_{letters[:36]}",
        "oauth": f"gho_{letters[:36]}",
        "server": f"ghs_{letters[:36]}",
        "fine-grained": f"github_pat_{(letters + letters)[:82]}",
        "aws": f"AKIA{upper[:16]}",
    }


def test_make_installs_what_it_takes_and_placeholders_pass(repository: Repository) -> None:
    said = subprocess.run(
        ["make", "scan"], cwd=repository.folder, capture_output=True, text=True, check=True
    ).stdout
    assert "No secret is in plain text, neither in the stack files nor in the history." in said
    for harmless in ("none-yet", '"[secret]"', "{secure: AAABAMU2yyYZBqPvmqlCRIT1nQRVUpr7oO}"):
        repository.say(harmless)
        repository.commit()
    assert repository.scan()[0] == 0


@pytest.mark.parametrize("shape", known_shapes())
def test_a_secret_of_the_stack_file(repository: Repository, shape: str) -> None:
    """Before it is committed."""
    secret = known_shapes()[shape]
    repository.say(f'"{secret}" # as GitHub shows it')
    status, said = repository.scan()
    assert status == 1
    line = next(
        n for n, text in enumerate(repository.file.read_text().splitlines(), 1) if secret in text
    )
    assert f"stacks/Pulumi.arbutus.yaml, line {line}: A secret of the stack file that is" in said
    assert said.index("1. Rotate it") < said.index("2. Give the new one") < said.index("history")
    assert secret not in said


@pytest.mark.parametrize("key", ["pass", "secret_access_key", "application_credential_secret"])
def test_a_secret_of_a_mount(repository: Repository, key: str) -> None:
    said = repository.file.read_text().rstrip()
    options = "options: {access_key_id: AKREADSTHESURVEY2026}"
    for secret, status in (
        ("{secure: AAABAMU2yyYZBqPvmqlCRIT1nQRVUpr7oO}", 0),
        (secrets.token_hex(20), 1),
    ):
        lake = f"lake: {{rclone: {{type: s3, {options}, secrets: {{{key}: {secret}}}}}}}"
        repository.file.write_text(f"{said}\n  cyberhubs:mounts:\n    {lake}\n")
        assert repository.scan()[0] == status


@pytest.mark.parametrize("where", ["stacks/Pulumi.arbutus.yaml", "notes/key.txt"])
def test_what_was_committed_and_taken_out_again(repository: Repository, where: str) -> None:
    token = known_shapes()["personal"]
    make_key(repository.folder / "key")
    file = repository.folder / where
    file.parent.mkdir(exist_ok=True)
    before = file.read_text() if file.exists() else ""
    file.write_text(f"{before}\n# {token}\n# " + (repository.folder / "key").read_text())
    (repository.folder / "key").unlink()
    leaked = repository.commit()
    file.write_text(before)
    repository.commit()
    status, said = repository.scan()
    assert status == 1
    assert len(re.findall(rf"^commit {leaked[:12]} \(.*, Ada\), {where}, line \d+: ", said, re.M))
    assert "GitHub Personal Access Token" in said and "Private Key" in said
    assert token not in said
    fingerprints = re.findall(r"fingerprint (\S+)", said)
    (repository.folder / ".gitleaksignore").write_text("\n".join(fingerprints))
    assert repository.scan()[0] == 0


def test_a_clone_without_its_history_is_not_called_clean(
    repository: Repository, tmp_path: Path
) -> None:
    shallow = tmp_path / "shallow"
    repository.git("clone", "--quiet", "--depth=1", f"file://{repository.folder}", str(shallow))
    (shallow / ".venv").symlink_to(PROJECT / ".venv")
    done = subprocess.run(
        [".venv/bin/python", "-m", "cyberhubs.scan"],
        cwd=shallow,
        env={**os.environ, "PYTHONPATH": str(shallow)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "git fetch --unshallow" in done.stderr


def test_each_secret_of_the_models_is_looked_for() -> None:
    secret = {
        key
        for definition in schema.schema()["$defs"].values()
        for key, value in definition["properties"].items()
        if any("secure" in one.get("properties", ()) for one in value.get("anyOf", ()))
    }
    rule = re.search(r'\(\?:(\w[\w|]+)\)\["\'\]\?\\s\*:', (PROJECT / ".gitleaks.toml").read_text())
    assert rule and {*rule[1].split("|")} == secret != set()
