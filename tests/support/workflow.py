"""A job of a workflow, run as its file says: its scripts in a shell, GitHub's own actions by what they do to the others."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.deployment import PROJECT
from tests.support.repository import NAME, Repository


@dataclass
class Runner:
    """Of one run: its number, a folder of its own, and where the checkout is. `context`: what expressions know."""

    github: Repository
    run: int
    temp: Path
    checkout: Path
    environment: Mapping[str, str]
    context: dict[str, Any] = field(default_factory=dict)
    printed: str = ""

    def job(self, workflow: str, name: str) -> bool:
        """Whether all of it went well."""
        assert self.wants(workflow, name), f"{name} is skipped"
        self.temp.mkdir(parents=True)
        well = True
        for step in job_of(workflow, name)["steps"]:
            if self._wanted(step, well):
                well = self._step(step) and well
        return well

    def wants(self, workflow: str, name: str) -> bool:
        """Whether GitHub would start it, or skip it: by its `if`, and by how those went that it needs."""
        job = job_of(workflow, name)
        condition = str(job.get("if", True)).strip().removeprefix("${{").removesuffix("}}")
        if not re.search(r"\b(success|failure|always|cancelled)\(", condition):
            needed = job.get("needs", [])
            for other in [needed] if isinstance(needed, str) else needed:
                if self._look_up(f"needs.{other}.result") != "success":
                    return False
        return bool(self._value(condition))

    @property
    def summary(self) -> str:
        return (self.temp / "summary").read_text()

    def _wanted(self, step: Mapping[str, Any], well: bool) -> bool:
        if "if" not in step:
            return well
        condition = self._resolve(step["if"])
        return condition is not False and condition != "false"

    def _step(self, step: Mapping[str, Any]) -> bool:
        given = {key: str(self._resolve(value)) for key, value in step.get("with", {}).items()}
        match step.get("uses", "").partition("@")[0]:
            case "actions/checkout" | "actions/setup-python":
                return True  # the test's own
            case "actions/upload-artifact":
                self.github.upload(self.run, given["name"], dict(_files(Path(given["path"]))))
                return True
            case "actions/download-artifact":
                Path(given["path"]).mkdir()
                for file, content in self.github.uploaded(self.run, given["name"]).items():
                    Path(given["path"], file).write_bytes(content)
                return True
        own = {key: str(self._resolve(value)) for key, value in step.get("env", {}).items()}
        runners = {
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary"),
            "GITHUB_REPOSITORY": NAME,
            "GITHUB_API_URL": self.github.url,
            "no_proxy": "127.0.0.1",
        }
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
            cwd=self.checkout,
            env={**self.environment, **runners, **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.printed += done.stdout
        return done.returncode == 0

    def _resolve(self, value: Any) -> Any:
        """What its expressions come to; one that is all of it keeps its kind."""
        text = str(value)
        if whole := re.fullmatch(r"\$\{\{((?:(?!\}\}).)*)\}\}", text):
            return self._value(whole[1])
        return re.sub(r"\$\{\{(.*?)\}\}", lambda found: str(self._value(found[1])), text)

    def _value(self, expression: str) -> Any:
        """GitHub's operators are Python's under other names, as far as our files use them."""

        def known(found: re.Match[str]) -> str:
            return found[0] if found[0][0] == "'" else f"look_up({found[0]!r})"

        python = re.sub(r"'[^']*'|[a-z_]+(?:\.\w+)+", known, expression)
        python = python.replace("&&", " and ").replace("||", " or ")
        python = re.sub(r"!(?!=)", " not ", python).strip()
        return eval(python, {"look_up": self._look_up, "cancelled": lambda: False})

    def _look_up(self, name: str) -> Any:
        found: Any = {"runner": {"temp": str(self.temp)}, **self.context}
        for part in name.split("."):
            found = found.get(part, "") if isinstance(found, dict) else ""
        return found


def job_of(workflow: str, name: str) -> dict[str, Any]:
    file = PROJECT / f".github/workflows/{workflow}.yml"
    return yaml.safe_load(file.read_text())["jobs"][name]


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(folder.iterdir()):
        yield file.name, file.read_bytes()


def clean() -> dict[str, str]:
    """An environment with nothing of an operator's or of a workflow's."""
    of_others = ("OS_", "GITHUB_", "AWS_", "PULUMI_CONFIG", "MAKE")
    return {name: value for name, value in os.environ.items() if not name.startswith(of_others)}
