"""The rules as a policy pack, run by the engine itself in the environment that its page says."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.deployment import PROJECT, Deployment

PAGE = PROJECT / "docs/how-to/previews.md"
pytestmark = pytest.mark.slow  # a minute, for its packages


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    deployment = Deployment(tmp_path_factory.mktemp("pack"), "pack")
    text = (PROJECT / "stacks/Pulumi.server.yaml").read_text()
    deployment.write(text.replace("from: [192.0.2.0/24]", ""))
    commands = re.findall(r"^\$ (.*policy/\.venv.*)$", PAGE.read_text(), re.M)
    assert len(commands) == 2
    for command in commands:
        subprocess.run(["sh", "-c", command], cwd=deployment.directory, check=True)
    _run_here(deployment)
    deployment.pulumi("stack", "select", "--create")
    yield deployment
    deployment.pulumi("stack", "rm", "--yes", "--preserve-config")


def _run_here(deployment: Deployment) -> None:
    """A language host from before packs were its own starts the program in their place: what is run there by a program
    named after a runtime that is no language is all that the newer ones do."""
    programs = Path(deployment.environment["PULUMI_HOME"]) / "bin"
    if not (programs / "pulumi-language-python-host").exists():
        return
    file = deployment.directory / "policy/PulumiPolicy.yaml"
    file.write_text(file.read_text().replace("name: python", "name: here"))
    program = deployment.directory.parent / "bin/pulumi-analyzer-policy-here"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nexec .venv/bin/python -u -m pulumi.policy "$1" "$2"\n')
    program.chmod(0o755)
    deployment.environment["PATH"] = f"{program.parent}{os.pathsep}{os.environ['PATH']}"


def preview(deployment: Deployment) -> str:
    return deployment.pulumi("preview", "--non-interactive", "--policy-pack", "policy")


def test_what_breaks_a_rule_ends_a_preview(deployment: Deployment) -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        preview(deployment)
    printed = failed.value.stdout
    assert re.search(r"\[mandatory\] +ssh-restricted ", printed)
    assert "ssh (port 22) is answered to everybody: name the networks" in printed
    assert printed.count("[mandatory]") == 1 and "[advisory]" not in printed


def test_a_waiver_and_a_warning_do_not(deployment: Deployment) -> None:
    text = deployment.file.read_text().replace('allowed: ["grace", "katherine"]', "")
    deployment.write(
        text.replace(
            "  cyberhubs:tls", "  cyberhubs:waivers: {ssh-restricted: ok}\n  cyberhubs:tls"
        )
    )
    printed = preview(deployment)
    assert re.search(r"\[advisory\] +open-hub-stated ", printed)
    assert "[mandatory]" not in printed and "ssh (port 22)" not in printed
