import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cyberhubs_hub import data_spaces
from cyberhubs_hub.data_spaces import Spaces, parse_record
from cyberhubs_hub.failures import StartFailure
from cyberhubs_hub.live import LiveFile
from cyberhubs_hub.shared.config import Mount
from docker.errors import APIError

from .test_config import CONFIG

SPACES = (
    Mount("/mnt/my data", "/data", "read-only"),
    Mount("/mnt/share", "/share", "read-write"),
    Mount("/mnt/own", "/own", "private"),
)
LINE = "36 35 98:0 {root} {at} rw,noatime master:1 - ext4 /dev/root rw"


def spaces(tmp_path: Path, *mounted: str) -> Spaces:
    record = tmp_path / "spaces"
    record.write_text("plain /mnt/other\n" + "".join(f"mounted {path}\n" for path in mounted))
    return Spaces(replace(CONFIG, mounts=SPACES), LiveFile(record, parse_record))


def mountinfo(data: str, share: str, own: str) -> str:
    places = {"/": "/", "/data": data, "/share": share, "/own": own}
    return "\n".join(LINE.format(root=root, at=at) for at, root in places.items())


@pytest.mark.parametrize(
    ("api", "release", "option"),
    [
        ("1.43", "6.1.0-18-amd64", "NonRecursive"),
        ("1.44", "5.10.0-28-amd64", "NonRecursive"),
        ("1.44", "5.12.0", "ReadOnlyForceRecursive"),
        ("1.52", "6.18.44", "ReadOnlyForceRecursive"),
    ],
)
def test_what_is_mounted_below_a_read_only_space_is_not_writable(
    api: str, release: str, option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(release=release))
    data, *_ = spaces(tmp_path).binds("ada", api)
    assert data["ReadOnly"] and data["BindOptions"] == {"Propagation": "rprivate", option: True}


def test_each_has_of_a_private_space_a_folder_of_their_own(tmp_path: Path):
    data, share, own = spaces(tmp_path).binds("ada", "1.44")
    assert (data["Source"], share["Source"]) == ("/mnt/my data", "/mnt/share")
    assert own["Source"] == "/mnt/own/ada"
    assert not share["ReadOnly"] and not own["ReadOnly"]


@pytest.mark.parametrize(
    ("mounted", "said", "wrong"),
    [
        ("/mnt/my data", ("/mnt/my\\040data", "/mnt/share", "/own/ada"), "/data"),
        ("/mnt/my data", ("/my\\040data", "/mnt/share", "/own/ada"), "/data"),
        ("/mnt/my data", ("/", "/mnt/share", "/own/ada"), None),
        ("/mnt/my data", ("/@subvolume", "/mnt/share", "/own/ada"), None),
        ("/mnt/share", ("/", "/mnt/share", "/own/ada"), "/share"),
        ("/mnt/own", ("/", "/", "/own/ada"), "/own"),
        ("/mnt/own", ("/", "/", "/mnt/own/ada"), "/own"),
        ("/mnt/own", ("/", "/", "/ada"), None),
        ("/mnt/own", ("/", "/", "/@subvolume/ada"), None),
        ("/mnt/other", ("/mnt/my\\040data", "/mnt/share", "/mnt/own/ada"), None),
    ],
)
def test_no_server_goes_on_over_what_is_no_longer_mounted(
    mounted: str, said: tuple[str, str, str], wrong: str | None, tmp_path: Path
):
    known = spaces(tmp_path, mounted)
    assert known.have_mounts is (mounted != "/mnt/other")
    if wrong is None:
        known.check_mounted("ada", mountinfo(*said))
    else:
        with pytest.raises(StartFailure, match=f"The data for {wrong} is not mounted"):
            known.check_mounted("ada", mountinfo(*said))


CLIENT: Any = None


def test_a_container_that_does_not_say_has_none_of_them(tmp_path: Path):
    for mounted in ("/mnt/share", "/mnt/own"):
        with pytest.raises(StartFailure, match="is not mounted"):
            spaces(tmp_path, mounted).check_mounted("ada", LINE.format(root="/", at="/"))


def test_a_folder_is_made_in_what_is_mounted(tmp_path: Path):
    """By a container that has the private spaces alone."""
    said = LINE.format(root="{}", at="/own")
    spaces(tmp_path, "/mnt/own", "/mnt/share").check_mounted("", said.format("/"))
    with pytest.raises(StartFailure, match="The data for /own is not mounted"):
        spaces(tmp_path, "/mnt/own").check_mounted("", said.format("/mnt/own"))


class Engine:
    """One that refuses a start for the reasons given, one after the other."""

    def __init__(self, *refusals: str) -> None:
        self.refusals = list(refusals)

    async def start(self) -> str:
        if self.refusals:
            raise APIError(self.refusals.pop(0))
        return "started"


NOT_FOLLOWED = "path {} is mounted on / but it is not a shared or slave mount"
MISSING = "bind source path does not exist: /mnt/own/ada"


async def test_each_space_whose_mounts_are_private_is_asked_once(tmp_path: Path):
    known = spaces(tmp_path)
    share, own = NOT_FOLLOWED.format("/mnt/share"), NOT_FOLLOWED.format("/mnt/own/ada")
    assert await known.started(Engine(share).start, CLIENT, "ada") == "started"
    assert [bind["BindOptions"]["Propagation"] for bind in known.binds("ada", "1.44")[1:]] == [
        "rprivate",
        "rslave",
    ]
    assert await known.started(Engine(own).start, CLIENT, "ada") == "started"
    with pytest.raises(APIError, match="shared or slave"):
        await known.started(Engine(share).start, CLIENT, "ada")


async def test_a_member_s_folder_is_made_at_the_first_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    made: list[str] = []
    monkeypatch.setattr(data_spaces, "make_folders", lambda *given: made.append(given[2]))
    known = spaces(tmp_path)
    assert await known.started(Engine(MISSING).start, CLIENT, "ada") == "started"
    assert made == ["ada"]
    with pytest.raises(APIError, match="does not exist"):  # as another space's source
        await known.started(Engine(*[MISSING] * 9).start, CLIENT, "ada")


REMOTE = replace(SPACES[1], source="/srv/cyberhubs/mounts/lake", remote=True)
SILENT = "error mounting {}: stat {}: input/output error"


def with_remote(tmp_path: Path, access: str = "read-write") -> Spaces:
    remote: Any = replace(REMOTE, access=access)
    return Spaces(
        replace(CONFIG, mounts=(SPACES[0], remote)),
        LiveFile(tmp_path / "spaces", parse_record),
    )


@pytest.mark.parametrize(
    "refused",
    [
        SILENT.format(REMOTE.source, REMOTE.source),
        f"stat {REMOTE.source}: transport endpoint is not connected",
        f"bind source path does not exist: {REMOTE.source}",
    ],
)
async def test_servers_start_without_a_remote_space_that_does_not_answer(
    refused: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    known = with_remote(tmp_path)
    assert known.without("ada") == ""
    assert await known.started(Engine(refused).start, CLIENT, "ada") == "started"
    assert [bind["Target"] for bind in known.binds("ada", "1.44")] == ["/data"]
    assert known.without("ada").startswith(", without /share, whose")
    # What is not there may be mounted the next moment; what is silent keeps everybody waiting.
    assert bool(known.without("grace")) is ("does not exist" not in refused)
    later = data_spaces.time.monotonic() + data_spaces.AWAY_S + 1
    monkeypatch.setattr(data_spaces.time, "monotonic", lambda: later)
    assert known.without("ada") == "" and len(known.binds("ada", "1.44")) == 2


async def test_no_other_space_is_left_out(tmp_path: Path):
    for source in (SPACES[0].source, f"{REMOTE.source}-2"):
        refused = SILENT.format(source, source)
        with pytest.raises(APIError, match="input/output"):
            await with_remote(tmp_path).started(Engine(refused).start, CLIENT, "ada")


async def test_a_folder_is_made_in_a_remote_one_that_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    missing = f"bind source path does not exist: {REMOTE.source}/ada"
    made: list[str] = []
    monkeypatch.setattr(data_spaces, "make_folders", lambda *given: made.append(given[2]))
    known = with_remote(tmp_path, "private")
    assert await known.started(Engine(missing).start, CLIENT, "ada") == "started"
    assert made == ["ada"] and known.without("ada") == ""

    def refuse(*_: Any) -> None:
        raise APIError(f"bind source path does not exist: {REMOTE.source}")

    monkeypatch.setattr(data_spaces, "make_folders", refuse)
    assert await known.started(Engine(missing).start, CLIENT, "ada") == "started"
    assert known.without("ada").startswith(", without /share, whose")
