import io
import logging
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cyberhubs_hub import quotas
from cyberhubs_hub.failures import StartFailure
from cyberhubs_hub.quotas import KEEP_PROJECT, LimitedHome
from docker import APIClient
from docker.errors import APIError, NotFound
from docker.types import Mount

from .test_config import CONFIG

GB = 2**30
DISK = 100 * GB
LINKS = {
    "/opt/bin/python3": "/home/jovyan/conda/bin/python3",
    "/usr/bin/python3": "/usr/bin/python3.11",
}
IMAGE = {
    "Id": "sha256:aa",
    "Config": {
        "Env": [
            "HOME=/home/jovyan",
            "PATH=/home/jovyan/.local/bin:/home/user/bin::bin:/opt/bin:/usr/bin",
        ],
        "Entrypoint": ["tini", "--"],
    },
}


class Home(LimitedHome):
    """Of ada, on an engine that has an image with `files`, and runs what sets a limit. `engine`: why it limits no layers."""

    users_dir = Path("/homes")

    create_host_config = APIClient(version="1.41").create_host_config

    def __init__(
        self, disk: int | None, shown: int, files: tuple[str, ...] = (), engine: str = ""
    ) -> None:
        type(self).hub_config = replace(
            CONFIG,
            limits=replace(CONFIG.limits, disk_bytes=disk),
            keep_project_path="/data/hubs/core/keep-project.py",
        )
        self.shown, self.files, self.engine = shown, files, engine
        self.ran: list[str] = []
        self.extra_create_kwargs = {"user": "1000:1000"}
        self.extra_host_config = {"pids_limit": 64}
        self.log = logging.getLogger("hub")
        self.client: Any = self

    def statvfs(self, path: Path) -> Any:
        size = DISK if path == self.users_dir else self.shown
        return SimpleNamespace(f_blocks=size // 4096, f_frsize=4096)

    # Of docker-py's APIClient:

    def inspect_image(self, image: str) -> Any:
        return IMAGE

    def inspect_container(self, name: str) -> Any:
        return {"Image": "sha256:hub"}

    def create_container(self, image: str, command: list[str], **how: Any) -> Any:
        if self.engine and how["host_config"]["StorageOpt"]:
            raise APIError(self.engine)
        return {"Id": "made"}

    def get_archive(self, made: str, path: str) -> Any:
        if path not in self.files:
            raise NotFound("no such file")
        return io.BytesIO(), {"linkTarget": LINKS.get(path, "")}

    def remove_container(self, made: str, force: bool) -> None:
        pass


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    quotas._python_of.cache_clear()
    quotas._limits_layers.cache_clear()


def home(monkeypatch: pytest.MonkeyPatch, disk: int | None, shown: int, then: int = 0) -> Home:
    """`then`: what it shows once its limit has been set."""
    made = Home(disk, shown)
    monkeypatch.setattr("os.statvfs", made.statvfs)
    monkeypatch.setattr(LimitedHome, "_without", set())

    def run(*command: str) -> None:
        made.ran.append(" ".join(command[-2:]))
        made.shown = then

    class Helper:
        def __init__(self, *_: Any, **rights: Any) -> None:
            assert rights["user"] == "0:0"

        def __enter__(self) -> Any:
            return run

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(quotas, "helper", Helper)
    return made


@pytest.mark.parametrize(
    ("disk", "shown", "set_to"),
    [
        (None, DISK, None),
        (10 * GB, 10 * GB, None),
        (10 * GB + 1, 10 * GB, None),  # a part of a block
        (200 * GB, DISK, None),  # more than there is
        (200 * GB, 10 * GB, 0),
        (10 * GB, DISK, 10 * GB),  # a new home, or one from before
        (20 * GB, 10 * GB, 20 * GB),
        (5 * GB, 10 * GB, 5 * GB),
        (None, 10 * GB, 0),
    ],
)
async def test_a_limit_is_set_where_the_home_shows_another(
    monkeypatch: pytest.MonkeyPatch, disk: int | None, shown: int, set_to: int | None
):
    one = home(monkeypatch, disk, shown, then=min(disk or DISK, DISK))
    await one.limit_home("ada")
    assert one.ran == ([] if set_to is None else [f"/homes/ada {set_to}"])
    await one.limit_home("ada")
    assert len(one.ran) <= 1


async def test_a_limit_that_does_not_hold_is_no_start(monkeypatch: pytest.MonkeyPatch):
    one = home(monkeypatch, 10 * GB, DISK, then=DISK)
    with pytest.raises(StartFailure, match="could not be given its part of the disk"):
        await one.limit_home("ada")


async def test_a_limit_of_somebody_else_is_left_alone_and_stops_nobody(
    monkeypatch: pytest.MonkeyPatch,
):
    one = home(monkeypatch, None, 10 * GB, then=10 * GB)
    for _ in range(2):
        await one.limit_home("ada")
    assert one.ran == ["/homes/ada 0"]

    def fails(*_: Any, **__: Any) -> None:
        raise StartFailure("quota", "Your home", "no such program")

    monkeypatch.setattr(quotas, "helper", fails)
    await one.limit_home("grace")


async def test_a_server_starts_with_a_python_that_no_member_has_put_there(engine: None):
    everywhere = ("/home/jovyan/.local/bin/python3", "/home/user/bin/python3", "bin/python3")
    one = Home(GB, GB, (*everywhere, "/opt/bin/python3", "/usr/bin/python3"))
    await one.keep_project(IMAGE)
    assert one.extra_create_kwargs == {
        "user": "1000:1000",
        "entrypoint": ["/usr/bin/python3", "-IS", KEEP_PROJECT, "tini", "--"],
        "healthcheck": {"test": ["NONE"]},
    }
    mount = Mount(KEEP_PROJECT, "/data/hubs/core/keep-project.py", "bind", read_only=True)
    assert one.keeping_project() == [mount]


async def test_an_image_without_one_says_so(engine: None):
    with pytest.raises(StartFailure, match="no python3 on its PATH") as failure:
        await Home(GB, GB, ("/home/user/bin/python3",)).keep_project(IMAGE)
    assert failure.value.reason == "image"


async def test_where_no_home_has_a_limit_a_server_starts_as_ever():
    one = Home(None, DISK)
    Home.hub_config = replace(CONFIG, keep_project_path=None)
    await one.keep_project(IMAGE)
    assert one.extra_create_kwargs == {"user": "1000:1000"}
    assert one.keeping_project() == []


# Of a Docker 20.10 on an ext4.
CANNOT = "--storage-opt is supported only for overlay over xfs with 'pquota' mount option"


@pytest.mark.parametrize(
    ("disk", "engine_says", "sized"),
    [
        (GB, "", {"storage_opt": {"size": str(GB)}}),
        (GB, CANNOT, {}),
        (None, "", {}),
    ],
)
async def test_what_is_outside_of_a_home_is_limited_where_the_engine_can(
    engine: None, disk: int | None, engine_says: str, sized: dict[str, Any]
):
    for _ in range(2):
        one = Home(disk, DISK, engine=engine_says)
        await one.limit_layer()
        assert one.extra_host_config == {"pids_limit": 64, **sized}


async def test_an_engine_that_does_not_say_so_is_asked_again(engine: None):
    with pytest.raises(APIError):
        await Home(GB, DISK, engine="no space left on device").limit_layer()
    one = Home(GB, DISK)
    await one.limit_layer()
    assert one.extra_host_config["storage_opt"] == {"size": str(GB)}
