"""The script that makes data spaces and looks at them, run for real on a scratch directory."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from cyberhubs.layout import DataLayout
from cyberhubs.machine.data_spaces import WRONG_SPACE
from cyberhubs.machine.script import script

UID, GID = os.getuid(), os.getgid()
NOBODY = 65534


@pytest.fixture
def data(tmp_path: Path) -> DataLayout:
    """A data directory beside a folder that is not ours."""
    layout = DataLayout(str(tmp_path / "data"))
    Path(layout.hub("core").live).mkdir(parents=True)
    (tmp_path / "theirs").mkdir()
    return layout


def look(data: DataLayout, *spaces: str, check: bool = False, uid: int = UID) -> tuple[int, str]:
    """Exit code and what is said, each space as "access mounted path" below the scratch directory."""
    root = Path(data.root).parent
    told = [
        f"{access} {mounted} {uid}:{GID} {root}/{path}"
        for access, mounted, path in (space.split(" ", 2) for space in spaces)
    ]
    text = script("data-spaces", data.hub("core").spaces, uid, GID, data.root, *told, check=check)
    done = subprocess.run(
        ["/bin/sh", "-c", text],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def record(data: DataLayout) -> str:
    return Path(data.hub("core").spaces).read_text()


def test_ours_are_made_once(data: DataLayout) -> None:
    spaces = ("private found data/own", "read-only found data/my books", "read-only found theirs")
    code, said = look(data, *spaces, check=True)
    assert code == 0 and "data/own: made" in said
    assert not Path(data.root, "own").exists()
    assert look(data, *spaces)[0] == 0
    assert Path(data.root, "own").stat().st_mode & 0o777 == 0o700
    assert Path(data.root, "my books").stat().st_mode & 0o777 == 0o755
    root = Path(data.root).parent
    assert record(data) == (
        f"plain {root}/data/own\nplain {root}/data/my books\nplain {root}/theirs\n"
    )
    assert look(data, *spaces) == look(data, *spaces, check=True) == (0, "")


def test_what_is_not_ours_is_not_made(data: DataLayout) -> None:
    code, said = look(data, "read-only found absent")
    assert code == 1 and "absent is no folder of this machine: make it" in said
    assert not Path(data.root, "../absent").exists()


def test_what_was_there_is_not_made_anew(data: DataLayout) -> None:
    """As an empty one would hide that files are lost."""
    look(data, "private found data/own")
    shutil.rmtree(Path(data.root, "own"))
    code, said = look(data, "private found data/own", check=True)
    assert code == 0 and said.startswith(WRONG_SPACE) and "own is gone, and was there" in said
    assert look(data, "private found data/own")[0] == 1
    assert not Path(data.root, "own").exists()


def test_what_was_mounted_has_to_be(data: DataLayout) -> None:
    theirs = Path(data.root).parent / "theirs"
    Path(data.hub("core").spaces).write_text(f"mounted {theirs}\n")
    _, said = look(data, "read-only found theirs", check=True)
    assert said.startswith(WRONG_SPACE) and "theirs is not mounted" in said
    assert look(data, "read-only found theirs")[0] == 1
    assert look(data, "read-only plain theirs")[0] == 0  # as the stack file says then
    assert record(data) == f"plain {theirs}\n"
    assert "theirs is not mounted" in look(data, "read-only mounted theirs")[1]
    assert record(data) == f"plain {theirs}\n"


def test_what_fstab_mounts_has_to_be_mounted(
    data: DataLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where that has failed since the machine's start, and nobody has seen it mounted."""
    theirs = Path(data.root).parent / "theirs"
    fstab = Path(data.root).parent / "fstab"
    fstab.write_text(f"files.example.org:/share {theirs} nfs nofail 0 0\n")
    monkeypatch.setenv("LIBMOUNT_FSTAB", str(fstab))
    code, said = look(data, "read-only found theirs")
    assert code == 1 and "theirs is not mounted" in said
    assert look(data, "read-only plain theirs")[0] == 0


def test_a_link_is_refused_with_where_it_leads(data: DataLayout) -> None:
    root = Path(data.root).parent
    (root / "link").symlink_to("data/hubs")
    code, said = look(data, "read-only found link/core")
    assert code == 1 and f"link/core leads to {root}/data/hubs/core by a link" in said


@pytest.mark.skipif(UID != 0, reason="only root can try it as another user")
@pytest.mark.parametrize(
    ("access", "mode", "how"),
    [
        ("read-only", 0o700, "read"),
        ("read-write", 0o755, "written"),
        ("private", 0o755, "written"),
    ],
)
def test_what_members_could_not_use_is_said_with_its_owner(
    access: str, mode: int, how: str, data: DataLayout
) -> None:
    theirs = Path(data.root).parent / "theirs"
    theirs.chmod(mode)
    code, said = look(data, f"{access} found theirs", uid=NOBODY)
    assert code == 1
    assert f"theirs cannot be {how} by members (uid {NOBODY}, groups 0): Permission" in said
    assert f"It belongs to root:root (0:0), mode {mode:o}: give" in said
    theirs.chmod(0o777)
    assert look(data, f"{access} found theirs", uid=NOBODY)[0] == 0
    assert list(theirs.iterdir()) == []


@pytest.mark.skipif(UID != 0 or not shutil.which("setfacl"), reason="only root gives to a group")
def test_a_shared_one_of_ours_is_its_group_s_from_then_on(data: DataLayout) -> None:
    place = Path(data.root, "together")
    place.mkdir(mode=0o755)
    place.chmod(0o755)
    told = script(
        "data-spaces", data.hub("core").spaces, UID, GID, data.root,
        f"read-write found {UID}:{NOBODY} {place}",
    )  # fmt: skip
    subprocess.run(["/bin/sh", "-c", told], check=True, capture_output=True)
    subprocess.run(["sh", "-c", "umask 077; mkdir -p a/b; touch a/b/c"], cwd=place, check=True)
    for path in (place, place / "a", place / "a/b"):
        assert (path.stat().st_gid, path.stat().st_mode & 0o7777) == (NOBODY, 0o2775)
    assert (place / "a/b/c").stat().st_mode & 0o777 == 0o664
    assert subprocess.run(["/bin/sh", "-c", told], check=True, capture_output=True).stdout == b""
