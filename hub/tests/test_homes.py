import errno
import io
import os
import tarfile
import tracemalloc
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cyberhubs_hub.failures import StartFailure
from cyberhubs_hub.homes import (
    Record,
    home_in,
    home_name,
    lay_out,
    link_spaces,
    make_home,
    of_image,
    read_skeleton,
)
from docker.errors import APIError, NotFound

ORDINARY = ["ada", "grace-hopper", "a", "1", "a" * 39, "octo_acme", "trailing-"]
CRAFTED = [
    *("..", ".", "", "/", "../ada", "ada/../grace", "/etc", "a/b", "ada/", "./ada", "ada\x00"),
    *("Ada", "ADA", "\u212aelvin", "аda", "ada\u200b", "ａda", "ada ", " ada", "ada\n"),
    *("%", "%41da", "%ada", "~", "-ada", "_check", "a" * 40, "ada:ro", "{username}"),
]


class Engine:
    """Of images whose home has what their id is, and `more`; it is out of order for "broken". `made`: containers to look at them."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.more: Iterable[bytes] = []
        self.sends = False

    def create_container(self, image: str, command: list[str]) -> dict[str, str]:
        self.made.append(image)
        return {"Id": image}

    def get_archive(self, image: str, path: str) -> tuple[Iterator[bytes], None]:
        if image == "homeless":
            raise NotFound(f"404: no {path}")
        if image == "broken":
            raise APIError("500: no space left on device")
        return self._send([image.encode(), *self.more]), None

    def _send(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        self.sends = True
        try:
            yield from chunks
        finally:
            self.sends = False

    def remove_container(self, image: str, force: bool) -> None:
        assert not self.sends


def read(engine: Any, image: str, users: Path) -> bytes:
    archive = read_skeleton(engine, image, "/home/user", users)
    archive.seek(0)
    return archive.read()


def test_a_class_that_comes_for_the_first_time_has_the_engine_look_once(tmp_path: Path) -> None:
    engine = Engine()
    for image, home in (("a", b"a"), ("homeless", b""), ("b", b"b")):
        assert [read(engine, image, tmp_path) for _ in range(3)] == [home] * 3
    assert engine.made == ["a", "homeless", "b"]


def test_an_engine_out_of_order_is_asked_again(tmp_path: Path) -> None:
    engine = Engine()
    for _ in range(2):
        with pytest.raises(APIError):
            read(engine, "broken", tmp_path)
    assert engine.made == ["broken", "broken"]


def test_what_is_large_is_held_on_the_disk_and_what_is_far_too_large_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine()
    engine.more = [bytes(2**20)] * 100
    tracemalloc.start()
    read_skeleton(engine, "large", "/home/user", tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50 * 2**20
    assert len(read(engine, "large", tmp_path)) == 100 * 2**20 + len("large")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr("cyberhubs_hub.homes.MOST_SKELETON", 99 * 2**20)
    with pytest.raises(StartFailure, match="more than 1 GiB in its user's home, /home/user"):
        read(engine, "larger", tmp_path)


@pytest.mark.parametrize("name", ORDINARY)
def test_names_of_members_pass_as_they_are(name: str):
    assert home_name(name) == name


@pytest.mark.parametrize("name", CRAFTED)
def test_crafted_names_stay_apart_and_inside(name: str, tmp_path: Path):
    home = home_name(name)
    assert home.startswith("%")
    assert "/" not in home
    assert ":" not in home
    assert (tmp_path / home).resolve().parent == tmp_path.resolve()


def test_no_two_names_share_a_home():
    names = ORDINARY + CRAFTED
    homes = {home_name(name) for name in names}
    assert len(homes) == len(names)
    assert len({home.casefold() for home in homes}) >= len(names) - 1  # Ada and ADA, both refused


def test_home_is_made_once_and_private(tmp_path: Path):
    assert make_home(tmp_path, "ada") == "ada"
    home = tmp_path / "ada"
    assert home.stat().st_mode & 0o777 == 0o700
    (home / "work.ipynb").touch()
    home.chmod(0o750)
    assert make_home(tmp_path, "ada") == "ada"
    assert (home / "work.ipynb").exists()
    assert home.stat().st_mode & 0o777 == 0o750  # a member's own choice stays


def test_a_link_or_a_file_is_no_home(tmp_path: Path):
    (tmp_path / "grace").mkdir()
    (tmp_path / "ada").symlink_to("grace")
    (tmp_path / "bob").touch()
    for name in ("ada", "bob"):
        with pytest.raises(OSError, match=name):
            make_home(tmp_path, name)


def test_a_home_of_somebody_else_s_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    make_home(tmp_path, "ada")
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    assert make_home(tmp_path, "ada") == "ada"  # it can be written all the same
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(StartFailure, match="belong to another user"):
        make_home(tmp_path, "ada")


def test_a_home_that_its_member_has_closed_is_theirs_to_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    make_home(tmp_path, "ada")
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert make_home(tmp_path, "ada") == "ada"


def image(*env: str, directory: str = "") -> dict[str, Any]:
    return {"Config": {"Env": list(env), "WorkingDir": directory}}


@pytest.mark.parametrize(
    ("found", "inside"),
    [
        (image("PATH=/bin", "HOME=/home/user"), "/home/user"),
        (image("HOME=/home/jovyan"), "/home/jovyan"),
        (image(directory="/home/rstudio"), "/home/rstudio"),
        (image("HOME=/root"), "/home/user"),
        (image("HOME=/home"), "/home/user"),
        (image("HOME=/home/../etc"), "/home/user"),
        (image(directory="/srv"), "/home/user"),
        ({"Config": {"Env": None}}, "/home/user"),
    ],
)
def test_where_an_image_expects_the_home(found: dict[str, Any], inside: str):
    assert home_in(found) == inside


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "ada"
    home.mkdir(mode=0o700)
    return home


def skeleton(**files: str) -> bytes:
    """As Docker archives /home/user; a name with a slash at its end is a directory, one with an arrow a link,
    symbolic or hard."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, content in {"user/": "", **files}.items():
            member = tarfile.TarInfo(name.rstrip("/"))
            member.mode, member.uid, member.size = 0o777, 1000, len(content)
            if name.endswith("/"):
                member.type = tarfile.DIRTYPE
            elif content.startswith("-> "):
                member.type, member.linkname, member.size = tarfile.SYMTYPE, content[3:], 0
            elif content.startswith("=> "):
                member.type, member.linkname, member.size = tarfile.LNKTYPE, content[3:], 0
            tar.addfile(member, io.BytesIO(content.encode()))
    return archive.getvalue()


async def brings(home: Path, record: Record, name: str, archive: bytes) -> None:
    await lay_out(home, record, name, lambda: io.BytesIO(archive))


def test_another_image_of_an_application_is_another_one():
    assert of_image("course", f"sha256:{'ab' * 32}") == "course@abababababab"


async def test_a_first_start_brings_what_the_image_has(home: Path):
    given = skeleton(**{"user/.bashrc": "a", "user/.config/": "", "user/.config/x": "b"})
    await brings(home, Record(home), "corehub", given)
    assert (home / ".bashrc").read_text() == "a"
    assert (home / ".bashrc").stat().st_mode & 0o022 == 0
    assert (home / ".config/x").read_text() == "b"
    assert not (home / "notebooks").is_symlink()
    assert Record(home).applications == {"corehub"}


async def test_another_application_adds_its_own_and_changes_nothing(home: Path):
    await brings(home, Record(home), "corehub", skeleton(**{"user/.bashrc": "a"}))
    (home / ".bashrc").write_text("mine")
    (home / ".config").mkdir(mode=0o700)
    more = {"user/.bashrc": "b", "user/.config/": "", "user/.config/y": "c", "user/.profile": "d"}
    await brings(home, Record(home), "pangeo", skeleton(**more))
    assert (home / ".bashrc").read_text() == "mine"
    assert (home / ".config").stat().st_mode & 0o777 == 0o700
    assert (home / ".config/y").read_text() == "c" and (home / ".profile").read_text() == "d"
    assert Record(home).applications == {"corehub", "pangeo"}


async def test_a_home_of_before_keeps_its_paths(home: Path):
    """Which was seen as /home/user/notebooks."""
    (home / "work.ipynb").write_text("{}")
    await brings(home, Record(home), "corehub", skeleton())
    assert (home / "notebooks/work.ipynb").read_text() == "{}"
    (home / "notebooks").unlink()  # a member may not want it
    await brings(home, Record(home), "pangeo", skeleton())
    assert not (home / "notebooks").is_symlink()


async def test_nothing_leads_out_of_a_home(home: Path, tmp_path: Path):
    """Neither what an image has, nor what a member has put in the way."""
    other = tmp_path / "bob"
    other.mkdir()
    (home / ".config").symlink_to("../bob")
    (home / ".bashrc").symlink_to("../bob/.bashrc")
    (home / ".cyberhubs").symlink_to("../bob/.cyberhubs")
    given = {
        "user/.bashrc": "x",
        "user/.config/x": "x",
        "user/../bob/y": "x",
        "user/link": "-> /etc/passwd",
        "user/up": "-> ../bob",
    }
    record = Record(home)
    await brings(home, record, "corehub", skeleton(**given))
    assert list(other.iterdir()) == []
    assert not (home / "link").is_symlink() and not (home / "up").is_symlink()
    assert not (home / ".cyberhubs").is_symlink()


@pytest.mark.parametrize("said", ["", "{", "[]", "[" * 60_000, '{"applications": 1}', "x" * 2**20])
def test_a_record_that_a_member_has_spoiled_is_none(home: Path, said: str):
    (home / ".cyberhubs").write_text(said)
    assert Record(home).is_new


async def test_one_file_under_two_names_comes_as_both(home: Path):
    given = skeleton(**{"user/a": "a", "user/b": "=> user/a", "user/c": "=> user/../../bob/x"})
    await brings(home, Record(home), "corehub", given)
    assert (home / "b").read_text() == "a"
    assert not (home / "c").exists()


async def test_where_the_disk_is_full_nothing_is_left_that_has_only_begun(
    home: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(source: Any, target: Any, length: int, *_: Any) -> None:
        target.write(source.read(min(length, 3)))
        if length > 3:
            raise OSError(errno.ENOSPC, "No space left on device")

    given = skeleton(**{"user/a": "aa", "user/b": "bbbb"})
    with monkeypatch.context() as during:
        during.setattr("tarfile.copyfileobj", full)
        with pytest.raises(OSError, match="No space left"):
            await brings(home, Record(home), "corehub", given)
    assert [file.name for file in home.iterdir()] == ["a"]
    assert Record(home).is_new
    await brings(home, Record(home), "corehub", given)
    assert (home / "b").read_text() == "bbbb"


def test_data_spaces_are_found_from_the_home(home: Path):
    (home / "user").mkdir()  # a member's own
    link_spaces(home, Record(home), ["/data", "/user", "/shared/maps"])
    assert (home / "data").readlink() == Path("/data")
    assert (home / "maps").readlink() == Path("/shared/maps")
    assert not (home / "user").is_symlink()
    (home / "maps").unlink()  # and does not come back
    link_spaces(home, Record(home), ["/data", "/user", "/shared/maps"])
    assert not (home / "maps").is_symlink()
    link_spaces(home, Record(home), [])
    assert sorted(path.name for path in home.iterdir()) == [".cyberhubs", "user"]


def test_data_spaces_whose_last_part_is_the_same_have_longer_names(home: Path):
    link_spaces(home, Record(home), ["/survey/data", "/maps"])
    assert (home / "data").readlink() == Path("/survey/data")
    targets = ["/survey/data", "/maps", "/mnt/archive/data"]
    link_spaces(home, Record(home), targets)
    links = {path.name: str(path.readlink()) for path in home.iterdir() if path.is_symlink()}
    assert links == dict(zip(["survey-data", "maps", "mnt-archive-data"], targets, strict=True))
