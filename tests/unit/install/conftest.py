import io
from pathlib import Path

import pytest

from cyberhubs import paths
from cyberhubs.progress import Report
from install import fetch

SETTINGS = (
    "PULUMI_HOME",
    "PULUMI_BACKEND_URL",
    "PULUMI_CONFIG_PASSPHRASE",
    "PULUMI_CONFIG_PASSPHRASE_FILE",
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION",
    "DOCKER_HOST",
    "DOCKER_TLS_VERIFY",
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CYBERHUBS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(paths, "OFFLINE", tmp_path / "none")
    return tmp_path / "home"


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def report(output: io.StringIO) -> Report:
    return Report(output, heartbeat_s=0.02)


@pytest.fixture
def no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "reachable", lambda url: False)
