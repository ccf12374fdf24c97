"""A stack file that is wrong is refused whole, by `make` and by plain Pulumi, and nothing is touched."""

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.deployment import Deployment

WRONG = """\
config:
  cyberhubs:host: {kind: local, data: {path: relative/path}}
  cyberhubs:tls: {mode: none, port: 8000}
  cyberhubs:hubs:
    core:
      title: Test hub
      applications: [corehub, nosuchhub]
      login: {kind: password}
      access: {allowed: [0123, 2026-12-31], openUntil: 2026-12-31}
      limits: {memory: 2X}
      colour: red
"""
SAID = ["relative/path", "nosuchhub", "quote it", "openUntil", "2X", "colour"]


@pytest.fixture
def wrong(tmp_path: Path) -> Deployment:
    return Deployment(tmp_path, "wrong")


def test_all_mistakes_are_named_at_once_and_nothing_is_touched(wrong: Deployment) -> None:
    wrong.write(WRONG)
    printed = wrong.ops("up", fails=True)
    assert [text for text in SAID if text not in printed] == []
    assert wrong.containers() == []
    assert not (wrong.home / "state").exists()


def test_plain_pulumi_refuses_it_too(wrong: Deployment) -> None:
    wrong.pulumi("stack", "init", "--no-select")
    wrong.write(WRONG)
    with pytest.raises(subprocess.CalledProcessError) as refused:
        wrong.pulumi("up", "--yes")
    assert [text for text in SAID if text not in refused.value.output] == []
    assert wrong.containers() == []


@pytest.mark.parametrize(
    "text, said",
    [
        ("config: {", "line 1"),
        ("config:\n  cyberhubs:hubs:\n    core: {}\n    core: {}\n", "core"),
    ],
    ids=["malformed", "two hubs of one name"],
)
def test_yaml_that_cannot_be_read(wrong: Deployment, text: str, said: str) -> None:
    wrong.write(text)
    printed = wrong.ops("up", fails=True)
    assert said in printed
    assert "Traceback" not in printed


def test_unknown_stack_names_the_ones_there_are(wrong: Deployment) -> None:
    wrong.file.unlink()
    assert "local" in wrong.ops("up", fails=True)


@pytest.mark.parametrize("how", ["DOCKER_HOST", "context", "current context"])
def test_another_engine_than_the_hubs_is_refused(
    wrong: Deployment, tmp_path: Path, how: str
) -> None:
    other = f"unix://{tmp_path}/docker.sock"
    config = tmp_path / "docker"
    meta = config / "contexts/meta" / hashlib.sha256(b"other").hexdigest() / "meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text(
        json.dumps({"Name": "other", "Metadata": {}, "Endpoints": {"docker": {"Host": other}}})
    )
    current = {"currentContext": "other"} if how == "current context" else {}
    (config / "config.json").write_text(json.dumps(current))
    wrong.environment["DOCKER_CONFIG"] = str(config)
    if how == "DOCKER_HOST":
        wrong.environment["DOCKER_HOST"] = other
    if how == "context":
        wrong.environment["DOCKER_CONTEXT"] = "other"
    for command in ("up", "status"):
        assert f"says {other}, and hubs on this machine run on" in wrong.ops(command, fails=True)
    assert not wrong.data.exists()


def test_apps_of_two_new_hubs_are_registered_one_after_the_other(wrong: Deployment) -> None:
    def with_github(config: dict[str, Any]) -> None:
        hub = config["cyberhubs:hubs"]["core"]
        config["cyberhubs:hubs"] = {
            name: {**hub, "login": {"kind": "github"}} for name in ("core", "other")
        }

    wrong.edit(with_github)
    for name in ("core", "other"):
        said = wrong.ops("register", "--hub", name, stdin=f"id-of-{name}\nsecret\n")
        assert f"{wrong.hub_url(name)}hub/oauth_callback" in said
    hubs = yaml.safe_load(wrong.file.read_text())["config"]["cyberhubs:hubs"]
    assert [hub["login"]["clientId"] for hub in hubs.values()] == ["id-of-core", "id-of-other"]
    assert all("secure" in hub["login"]["clientSecret"] for hub in hubs.values())
