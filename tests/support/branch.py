"""A checkout with a branch, and what `make changes` says of it."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.support.deployment import PROJECT, copy_project

SECOND_HUB = """\
    class:
      applications: [corehub]
      login: {kind: github, clientId: Ov23, clientSecret: {secure: v1:gone:gone}}
      access: {organizations: ["my-org"]}
"""


class Branch:
    """A checkout with a stack `arbutus` in production, on a branch that begins at `main`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        copy_project(directory)
        (directory / ".venv").symlink_to(PROJECT / ".venv")
        shutil.rmtree(directory / "stacks")
        self.file = directory / "stacks/Pulumi.arbutus.yaml"
        self.file.parent.mkdir()
        text = (PROJECT / "stacks/Pulumi.arbutus.yaml").read_text()
        self.file.write_text(
            text.replace("clientSecret: none-yet", "clientSecret:\n          secure: v1:gone:gone")
            + SECOND_HUB
            + "encryptionsalt: v1:gone:v1:gone:gone\n"
        )
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("add", "--all", "--force", "--", ".", ":!.venv")
        self.git("commit", "--quiet", "--message=main")
        self.git("checkout", "--quiet", "-b", "branch")

    def git(self, *words: str) -> None:
        who = ["-c", "user.name=ada", "-c", "user.email=ada@example.org"]
        subprocess.run(["git", *who, *words], cwd=self.directory, check=True)

    def back(self) -> None:
        self.git("reset", "--quiet", "--hard", "main")
        self.git("clean", "--quiet", "--force", "-d", "--exclude=.venv")

    def edit(self, *pairs: tuple[str, str], path: str = "stacks/Pulumi.arbutus.yaml") -> None:
        """Puts the second text in the place of the first, and commits."""
        file = self.directory / path
        text = file.read_text()
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        file.write_text(text)
        self.git("commit", "--quiet", "--all", "--message=a change")

    def changes(self, *words: str, fails: bool = False) -> tuple[str, str]:
        """What a terminal shows, and the comment."""
        comment = self.directory.parent / "comment.md"
        comment.unlink(missing_ok=True)
        command = [".venv/bin/python", "-m", "cyberhubs.ops", "changes", "--base", "main"]
        # Nothing of an operator's, and nothing to ask.
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("OS_", "GITHUB_"))}
        answer = subprocess.run(
            [*command, "--markdown", str(comment), *words],
            cwd=self.directory,
            env={
                **clean,
                "PULUMI_HOME": os.environ.get(
                    "PULUMI_HOME", str(Path.home() / ".cyberhubs/pulumi")
                ),
                "CYBERHUBS_HOME": str(self.directory.parent / "home"),
                "DOCKER_HOST": "unix:///nothing/here",
            },
            text=True,
            capture_output=True,
            check=False,
        )
        printed = answer.stdout + answer.stderr
        assert bool(answer.returncode) == fails, printed
        assert not (self.directory.parent / "home/state").exists()
        assert not (self.directory.parent / "home/passphrase").exists()
        return printed, comment.read_text() if comment.exists() else ""
