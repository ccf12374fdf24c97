"""Data spaces whose source has mounts of its own, or should be one. Needs root, to mount."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.deployment import Deployment, running
from tests.support.member import Member

pytestmark = pytest.mark.slow
TRY = "try:\n open('{}', 'w').close(); print('written')\nexcept OSError: print('refused')"


@contextmanager
def mounted(place: Path) -> Iterator[None]:
    """A file system that everybody may write to."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", place], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spaces")
    for name in ("data/below", "share"):
        (folder / name).mkdir(parents=True)
        (folder / name).chmod(0o777)
    (folder / "data").chmod(0o777)
    return folder


@pytest.fixture(scope="module")
def stack(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    deployment = Deployment(tmp_path_factory.mktemp("spaces-stack"), "spaces")

    def with_spaces(config: dict[str, Any]) -> None:
        config["cyberhubs:hubs"]["core"]["data"] = [
            {"source": f"{folder}/data", "target": "/data"},
            {
                "source": f"{folder}/share",
                "target": "/share",
                "access": "read-write",
                "mounted": True,
            },
        ]

    deployment.edit(with_spaces)
    with mounted(folder / "share"), running(deployment):
        yield deployment


def test_nothing_below_a_read_only_space_is_writable(stack: Deployment, folder: Path) -> None:
    with mounted(folder / "data/below"), Member(stack.url, "grace") as grace:
        grace.sign_in(stack.password).start()
        kernel = grace.kernel()
        assert kernel.run(TRY.format("/data/x")) == "refused"
        assert kernel.run(TRY.format("/data/below/x")) == "refused"
        assert list((folder / "data/below").iterdir()) == []
        assert kernel.run(TRY.format("/share/x")) == "written"
        assert (folder / "share/x").exists()
        grace.stop()


def test_no_server_starts_over_a_share_that_is_not_mounted(stack: Deployment, folder: Path) -> None:
    subprocess.run(["umount", "--lazy", folder / "share"], check=True)
    try:
        with Member(stack.url, "katherine") as katherine:
            katherine.sign_in(stack.password)
            with pytest.raises(AssertionError, match="The data for /share is not mounted"):
                katherine.start()
            assert list((folder / "share").iterdir()) == []
            katherine.stop()
            with mounted(folder / "share"):
                katherine.start()
                katherine.stop()
    finally:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", folder / "share"], check=True
        )
