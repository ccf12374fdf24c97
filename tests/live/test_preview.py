"""A preview asks for no machine, cloud, key, passphrase or Docker engine: the stack file and Pulumi are enough."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.certificates import self_signed
from tests.support.deployment import PROJECT, Deployment
from tests.support.github.server import github_server
from tests.support.old_systems import (
    DEPLOY_DOCKER,
    OLD_CYBERHUBS,
    SECRET,
    SEVERAL_HUBS,
    TLJH,
    Files,
    written,
)
from tests.support.stack_values import EXAMPLES

slow = pytest.mark.slow
WITHOUT_PASSPHRASE = PROJECT / "docs/how-to/previews.md"


def deployed(tmp_path: Path, file: Path) -> Deployment:
    """A stack whose file is a committed one, on a machine that has nothing."""
    deployment = Deployment(tmp_path, "preview")
    shutil.copytree(PROJECT / "examples", deployment.file.parent, dirs_exist_ok=True)
    deployment.write(file.read_text())
    clean = {k: v for k, v in deployment.environment.items() if not k.startswith(("OS_", "GITHUB"))}
    nothing = {
        "DOCKER_HOST": "unix:///nothing/here",
        "HOME": str(tmp_path),
    }  # where ~/.ssh/hub is not
    deployment.environment = {**clean, **nothing}
    return deployment


@pytest.mark.parametrize(
    ("file", "parts"),
    [
        (PROJECT / "stacks/Pulumi.server.yaml", ("host-firewall", "host-disk")),
        (PROJECT / "stacks/Pulumi.arbutus.yaml", ("host-server-instance", "core-app-check")),
    ],
    ids=["server", "arbutus"],
)
def test_a_committed_stack(tmp_path: Path, file: Path, parts: tuple[str, ...]) -> None:
    printed = deployed(tmp_path, file).ops("preview")
    for part in (*parts, "core-hub", "door-caddy"):
        assert f"::{part}]" in printed
    assert "to create" in printed


@pytest.mark.slow
def test_a_broken_rule_fails_it_once_all_is_said(tmp_path: Path) -> None:
    deployment = deployed(tmp_path, PROJECT / "stacks/Pulumi.server.yaml")
    deployment.write(deployment.file.read_text().replace("from: [192.0.2.0/24]", ""))
    printed = deployment.ops("preview", fails=True)
    assert "to create" in printed and "(error: ssh-restricted)" in printed
    assert "waive a rule, with the reason" in printed.splitlines()[-1]


@slow
@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name.split(".")[1])
def test_an_example(tmp_path: Path, file: Path) -> None:
    deployment = deployed(tmp_path, file)
    with github_server() as github:  # which the official provider of teams asks at its start
        github.add_organization("my-org", github.add_account("ada"))
        token = github.token("ada", "admin:org")
        deployment.environment |= {"GITHUB_BASE_URL": github.url, "GITHUB_TOKEN": token}
        assert "to create" in deployment.ops("preview")


@slow
@pytest.mark.parametrize(
    "files, hubs",
    [
        (OLD_CYBERHUBS, ["core"]),
        (SEVERAL_HUBS, ["mesa", "ppmstar"]),
        (TLJH, ["core"]),
        (DEPLOY_DOCKER, ["core"]),
    ],
    ids=["old cyberhubs", "several hubs", "tljh", "deploy-docker"],
)
def test_what_an_old_system_became(tmp_path: Path, files: Files, hubs: list[str]) -> None:
    """As it was written, with what is still to be said."""
    deployment = deployed(tmp_path, PROJECT / "stacks/Pulumi.local.yaml")
    old = written(tmp_path / "old", files)
    assert "left as it is" in deployment.make("import", f"FROM={old}", fails=True)
    deployment.file.unlink()
    said = deployment.make("import", f"FROM={old}")
    assert "Members' files" in said and SECRET not in said + deployment.file.read_text()
    printed = deployment.ops("preview")
    assert all(f"::{name}-hub]" in printed for name in hubs)
    assert "to create" in printed


@slow
def test_without_the_passphrase(tmp_path: Path) -> None:
    """By the command of the page about it, with secrets as Pulumi writes them: in braces, and below a key."""
    deployment = deployed(tmp_path, PROJECT / "examples/Pulumi.own-certificate.yaml")
    deployment.ops("register", "--hub", "core", stdin="Ov23li\nhunter2\n")
    for key, value in zip(("certificate", "key"), self_signed("hub.example.org"), strict=True):
        setting = ("config", "set", "--secret", "--path", f"cyberhubs:tls.{key}")
        deployment.pulumi(*setting, stdin=value)
    assert deployment.file.read_text().count("secure: ") == 3
    assert "to create" in deployment.ops("preview")

    deployment.environment["CYBERHUBS_HOME"] = str(tmp_path / "another home")
    assert "The passphrase is not where it should be" in deployment.ops("preview", fails=True)
    lines = WITHOUT_PASSPHRASE.read_text().splitlines()
    command = next(line.removeprefix("$ ") for line in lines if line.startswith("$ sed"))
    command = command.replace("Pulumi.arbutus.yaml", deployment.file.name)
    subprocess.run(["sh", "-c", command], cwd=deployment.directory, check=True)
    assert "to create" in deployment.ops("preview")
