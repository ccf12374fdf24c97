"""The environment in which pulumi runs."""

import json
import stat
from pathlib import Path

import pytest

from cyberhubs import paths, pulumi_env

# The environment


def test_the_environment_is_made_once_and_private(home: Path) -> None:
    made = pulumi_env.variables()
    passphrase = Path(made["PULUMI_CONFIG_PASSPHRASE_FILE"])
    assert made["PULUMI_HOME"] == str(home / "pulumi")
    assert made["PULUMI_BACKEND_URL"] == f"file://{home}/state"
    assert (home / "state").is_dir()
    assert passphrase.parent == home
    assert stat.S_IMODE(passphrase.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    content = passphrase.read_text()
    assert len(content) > 30
    assert pulumi_env.variables() == made
    assert passphrase.read_text() == content
    assert made["PATH"].split(":")[:2] == [str(paths.VENV / "bin"), str(home / "pulumi/bin")]
    assert "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION" not in made


@pytest.mark.parametrize(
    "name",
    [
        "PULUMI_HOME",
        "PULUMI_BACKEND_URL",
        "PULUMI_CONFIG_PASSPHRASE",
        "PULUMI_CONFIG_PASSPHRASE_FILE",
    ],
)
def test_what_the_operator_set_is_left(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, str(tmp_path / "mine"))
    made = pulumi_env.variables()
    assert made.get(name, str(tmp_path / "mine")) == str(tmp_path / "mine")
    if name.startswith("PULUMI_CONFIG_PASSPHRASE"):
        assert not any(key.startswith("PULUMI_CONFIG_PASSPHRASE") for key in made)


def test_a_login_is_respected(home: Path) -> None:
    credentials = paths.pulumi_home() / "credentials.json"
    credentials.write_text(json.dumps({"current": "s3://states"}))
    assert "PULUMI_BACKEND_URL" not in pulumi_env.variables()


@pytest.mark.parametrize(
    "url, folder",
    [
        ("file://~", Path.home()),
        ("file://~/states", Path.home() / "states"),
        ("file:///srv/states?no_tmp_dir=true", Path("/srv/states")),
        ("file://states", paths.CHECKOUT / "states"),
        ("s3://states", None),
    ],
)
def test_folder_of_a_backend(url: str, folder: Path | None) -> None:
    assert pulumi_env.folder(url) == folder
