from pathlib import Path

import pytest

from cyberhubs import paths

OFFLINE = paths.OFFLINE
collect_ignore_glob = [] if OFFLINE.is_dir() else ["*.py"]


@pytest.fixture(autouse=True)
def offline(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "OFFLINE", OFFLINE)
