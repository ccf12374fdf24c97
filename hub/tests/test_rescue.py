from pathlib import Path
from types import SimpleNamespace

import pytest
from cyberhubs_hub import rescue


@pytest.mark.parametrize(
    ("free", "inodes_free", "inodes", "says"),
    [
        (2**39, 10**6, 2 * 10**6, ""),
        (0, 10**6, 2 * 10**6, rescue.FULL),
        (2**39, 0, 2 * 10**6, rescue.FULL),
        (2**36, 10**6, 2 * 10**6, rescue.NEARLY_FULL),
        (2**39, 10**5, 2 * 10**6, rescue.NEARLY_FULL),
        (2**39, 0, 0, ""),  # of a file system that makes them as it needs them
    ],
)
def test_what_a_member_is_told_of_the_disk(
    monkeypatch: pytest.MonkeyPatch, free: int, inodes_free: int, inodes: int, says: str
):
    block = 4096
    stat = {
        "f_frsize": block,
        "f_blocks": 2**40 // block,
        "f_bfree": free // block,
        "f_bavail": free // block,
        "f_files": inodes,
        "f_favail": inodes_free,
    }
    monkeypatch.setattr("os.statvfs", lambda _: SimpleNamespace(**stat))
    disk = rescue.look(Path("/homes"), Path("/homes/ada"))
    assert disk.says == says
    assert bool(disk.mounts) is bool(disk.environment) is (says == rescue.FULL)
    assert len(says) <= 140  # which JupyterLab shows


@pytest.mark.parametrize(
    ("blocks_free", "says"),
    [(50, ""), (5, rescue.HOME_NEARLY_FULL), (0, rescue.HOME_FULL)],
)
def test_what_a_member_is_told_of_a_home_that_has_a_limit(
    monkeypatch: pytest.MonkeyPatch, blocks_free: int, says: str
):
    """The disk has room, and shows another size in the home."""
    of = {"f_frsize": 2**24, "f_blocks": 100, "f_files": 100_000, "f_favail": 100_000}
    free = {"/homes": 100, "/homes/ada": blocks_free}
    monkeypatch.setattr(
        "os.statvfs",
        lambda path: SimpleNamespace(**of, f_bfree=free[str(path)], f_bavail=free[str(path)]),
    )
    disk = rescue.look(Path("/homes"), Path("/homes/ada"))
    assert disk.says == says
    assert bool(disk.mounts) is (says == rescue.HOME_FULL)
    assert len(says) <= 140
