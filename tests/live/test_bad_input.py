"""A stack file that is wrong is refused whole, by `make` and by plain Pulumi, and nothing is touched."""

import subprocess
from pathlib import Path

import pytest

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
