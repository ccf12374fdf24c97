import ast
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cyberhubs_hub.container_options import (
    arguments,
    container_options,
    host_options,
    threads,
)
from cyberhubs_hub.data_spaces import Spaces, parse_record
from cyberhubs_hub.engine_events import Endings
from cyberhubs_hub.failures import StartFailure
from cyberhubs_hub.live import LiveFile
from cyberhubs_hub.menu import parse_menu
from cyberhubs_hub.rescue import Disk
from cyberhubs_hub.shared.config import Limits
from cyberhubs_hub.spawner import HubSpawner
from cyberhubs_hub.why_ended import LEFT_OUT, Ended
from docker.errors import APIError
from docker.types import Mount
from dockerspawner import DockerSpawner
from jupyterhub import orm
from jupyterhub.spawner import SpawnException
from requests import Response
from requests.exceptions import ConnectionError as RequestsConnectionError
from tornado.web import HTTPError

from .test_config import CONFIG

CORE = {"name": "corehub", "title": "Core hub", "image": "sha256:aa"}
MESA = {"name": "mesahub", "title": "MESA", "image": "sha256:bb"}


def spaces() -> Spaces:
    """None of them to be a mount point."""
    return Spaces(CONFIG, LiveFile(Path("/dev/null"), parse_record))


@pytest.fixture(autouse=True)
def hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that knows each token."""
    monkeypatch.setattr(HubSpawner, "hub_config", CONFIG, raising=False)
    monkeypatch.setattr(HubSpawner, "spaces", spaces(), raising=False)
    monkeypatch.setattr(orm.APIToken, "find", lambda *_: orm.APIToken())


@pytest.fixture
def menu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "applications.json"
    path.write_text(json.dumps([CORE, MESA]))
    monkeypatch.setattr(HubSpawner, "menu", LiveFile(path, parse_menu), raising=False)
    return path


def spawner(username: str = "ada") -> HubSpawner:
    user = SimpleNamespace(name=username, url="/")
    return HubSpawner(
        user=user,
        orm_spawner=orm.Spawner(name=""),
        network_name=CONFIG.network,
        allowed_images=HubSpawner.allowed_menu,
        prefix=CONFIG.container_prefix,
        name_template="{prefix}{username}",
    )


async def test_only_what_the_menu_names_can_be_started(menu: Path):
    assert await spawner().check_allowed("mesahub") == "sha256:bb"
    for image in ("sha256:bb", "sha256:cc", "debian", "*"):
        with pytest.raises(HTTPError):
            await spawner().check_allowed(image)


async def test_a_changed_menu_holds_at_the_next_start(menu: Path):
    menu.write_text(json.dumps([CORE]))
    with pytest.raises(HTTPError):
        await spawner().check_allowed("mesahub")


async def test_the_smoke_test_may_start_what_no_menu_names(menu: Path):
    assert await spawner("_check").check_allowed("sha256:cc") == "sha256:cc"
    with pytest.raises(HTTPError):
        await spawner("_load-7").check_allowed("sha256:cc")


@pytest.mark.parametrize(
    "by", [None, orm.User(name="ada"), orm.User(name="check"), orm.Service(name="cull")]
)
@pytest.mark.parametrize(("name", "service"), [("_check", "check"), ("_load-7", "load")])
def test_nobody_but_the_hub_starts_the_server_of_a_trial(
    menu: Path, by: Any, name: str, service: str
):
    one = spawner(name)
    one.handler = SimpleNamespace(current_user=by)
    with pytest.raises(HTTPError, match="Only the hub itself"):
        one.choose({"image": "mesahub"})
    one.handler = SimpleNamespace(current_user=orm.Service(name=service))
    one.choose({"image": "mesahub"})
    assert one.user_options["image"] == "mesahub"


def test_of_options_no_more_is_kept_than_there_are(menu: Path):
    one = spawner()
    one.choose({"image": "corehub", "interface": "x" * 2**20, "more": "x" * 2**20})
    assert one.user_options == {"image": "corehub"}


@pytest.mark.parametrize(
    "options",
    [{}, {"image": "gone"}, {"image": "sha256:aa"}, {"image": ["corehub"]}, {"image": {}}],
)
def test_who_did_not_choose_is_told_the_choice(menu: Path, options: dict[str, Any]):
    with pytest.raises(SpawnException, match="corehub, mesahub"):
        spawner().choose(options)


def test_the_only_application_needs_no_choice(menu: Path):
    menu.write_text(json.dumps([CORE]))
    one = spawner()
    one.choose({"image": "left from last time"})
    assert one.user_options["image"] == "corehub"


def test_no_application_at_all(menu: Path):
    menu.write_text("[]")
    with pytest.raises(SpawnException, match="no application yet"):
        spawner().choose({})


@pytest.mark.parametrize(
    ("interface", "page"), [("lab", "/lab"), ("notebook", "/tree"), ("rstudio", "/lab")]
)
def test_the_first_page(menu: Path, interface: str, page: str):
    one = spawner()
    one.choose({"image": "corehub", "interface": interface})
    assert one.default_url == page


def test_an_application_may_have_a_first_page_of_its_own(menu: Path):
    menu.write_text(json.dumps([{**CORE, "page": "/proxy/8050/"}, MESA]))
    one = spawner()
    one.choose({"image": "corehub", "interface": "notebook"})
    assert one.default_url == "/proxy/8050/"
    one.choose({"image": "mesahub"})
    assert one.default_url == "/lab"


def test_containers_of_different_names_have_different_names():
    names = ["ada", "a-da", "a_da", "_check", "ada-2d"]
    containers = {str(spawner(name).object_name) for name in names}
    assert len(containers) == len(names)
    assert spawner("ada").object_name == "cyberhubs.local.core.user.ada"


def test_mounts(menu: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(HubSpawner, "client", SimpleNamespace(api_version="1.44"))
    one = spawner()
    one._home = "ada"
    assert [(m["Source"], m["Target"], m["ReadOnly"]) for m in one.mount_binds] == [
        ("/data/jupyterhub_users/ada", "/home/user", False),
        ("/data/hubs/core/config/1/passwd", "/etc/passwd", True),
        ("/data/hubs/core/config/1/group", "/etc/group", True),
        ("/data/hubs/core/labextension", "/usr/local/share/jupyter/labextensions/cyberhubs", True),
        ("/mnt/data", "/data", True),
        ("/mnt/user", "/user", False),
    ]
    one._inside = "/home/jovyan"
    assert [m["Target"] for m in one.mount_binds][:2] == ["/home/jovyan", "/home/user"]


def test_what_a_server_writes_for_itself_may_be_elsewhere_than_its_image_says(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(HubSpawner, "client", SimpleNamespace(api_version="1.44"))
    monkeypatch.setattr(DockerSpawner, "get_env", lambda _: {"IPYTHONDIR": "/home/user/.ipython"})
    one = spawner()
    one._home, one._image_found = "ada", {"Config": {"Env": []}}
    assert "tmpfs" not in [mount["Type"] for mount in one.mount_binds]
    memory = Mount("/tmp", None, type="tmpfs")
    one._disk = Disk("It is full.", {"IPYTHONDIR": "/tmp/ipython"}, (memory,))
    assert memory in one.mount_binds
    assert one.get_env()["IPYTHONDIR"] == "/tmp/ipython"


def test_pages_are_told_what_to_say():
    config = replace(CONFIG, open_tab_timeout_s=480 * 60)
    told = arguments(config, "It is full.", "Some is left out.", says_killed=False)
    settings = tornado_settings(told)
    assert settings["page_config_data"]["cyberhubs"] == {
        "openTabMinutes": 480,
        "disk": "It is full.",
        "leftOut": "Some is left out.",
        "killed": "/core/hub/killed",
    }


def test_containers_are_held_to_their_limits():
    host = host_options(CONFIG)
    assert host["memswap_limit"] == CONFIG.limits.memory_bytes
    assert host["shm_size"] == CONFIG.limits.memory_bytes
    assert host["pids_limit"] == 512
    assert host["cap_drop"] == ["ALL"]
    assert host["security_opt"] == ["no-new-privileges"]
    made = container_options(CONFIG)
    assert made["user"] == "1000:1000"
    assert made["labels"] == {**CONFIG.labels, "cyberhubs.role": "user"}


@pytest.mark.parametrize(("given", "files"), [(-1, 64000), (2**20, 64000), (4096, 4096)])
def test_a_server_may_open_many_files_and_no_more_than_the_engine_gives(
    monkeypatch: pytest.MonkeyPatch, given: int, files: int
):
    monkeypatch.setattr("resource.getrlimit", lambda _: (1024, given))
    [limit] = host_options(CONFIG)["ulimits"]
    assert (limit.name, limit.soft, limit.hard) == ("nofile", files, files)


@pytest.mark.parametrize(("cpus", "count"), [(0.5, "1"), (1, "1"), (1.5, "2"), (3, "3"), (64, "8")])
def test_libraries_start_threads_for_the_processors_of_the_server(
    monkeypatch: pytest.MonkeyPatch, cpus: float, count: str
):
    """On a machine with eight."""
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    config = replace(CONFIG, limits=Limits(2**30, cpus, 64))
    env = threads(config, {"Config": {"Env": ["PATH=/bin", "MKL_NUM_THREADS=5"]}})
    assert "MKL_NUM_THREADS" not in env  # which is the image's
    assert set(env.values()) == {count}
    assert threads(config, {"Config": {"Env": None}})["MKL_NUM_THREADS"] == count


def tornado_settings(arguments: list[str]) -> dict[str, Any]:
    [value] = [one for one in arguments if one.startswith("--ServerApp.tornado_settings=")]
    return ast.literal_eval(value.partition("=")[2])


def test_a_message_may_be_large_and_slow():
    settings = tornado_settings(arguments(CONFIG, "", "", says_killed=True))
    assert settings["websocket_max_message_size"] == 2**28
    assert settings["ws_ping_timeout"] == 600_000


def test_on_a_machine_of_its_own_they_share_a_memory_and_carry_its_id(
    monkeypatch: pytest.MonkeyPatch,
):
    assert "cgroup_parent" not in host_options(CONFIG)
    config = replace(CONFIG, members_slice="members.slice")
    assert host_options(config)["cgroup_parent"] == "members.slice"
    assert "cyberhubs.machine" not in container_options(CONFIG)["labels"]
    monkeypatch.setenv("CYBERHUBS_MACHINE", "4a1f")
    assert container_options(CONFIG)["labels"]["cyberhubs.machine"] == "4a1f"


@pytest.mark.parametrize(
    ("labels", "command"),
    [
        ({"cyberhubs.start": "start-singleuser"}, "start-singleuser"),
        ({"other": "x"}, "jupyterhub-singleuser"),
        (None, "jupyterhub-singleuser"),
    ],
)
async def test_an_image_names_the_command_that_starts_its_server(
    monkeypatch: pytest.MonkeyPatch, labels: dict[str, str] | None, command: str
):
    one = spawner()
    one.cmd = ["jupyterhub-singleuser"]
    one._image_found = {"Config": {"Labels": labels}}
    monkeypatch.setattr(one, "get_args", lambda: ["--flag"])
    assert await one.get_command() == [command, "--flag"]


def server_of(one: HubSpawner) -> None:
    """As in the database of a hub that has just started."""
    one.orm_spawner.server = orm.Server(
        proto="http", ip="192.0.2.9", port=8888, base_url="/core/user/ada/", cookie_name="cookie"
    )
    one._check_pending, one.api_token = True, "token"
    one.db = SimpleNamespace()


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ({"OOMKilled": True, "ExitCode": 137}, "It was killed: its memory, 2 GB for all"),
        ({"OOMKilled": True, "ExitCode": 0}, ""),  # a kernel was, before somebody stopped it
        ({"OOMKilled": False, "ExitCode": 137}, ""),
    ],
)
def test_what_was_killed_for_memory_says_so_until_it_starts(state: dict[str, Any], says: str):
    spawner().ended(state | ran(120))
    assert spawner().why_ended.startswith(says) and spawner("grace").why_ended == ""
    assert bool(spawner().why_ended) is bool(says)
    spawner().starts()
    assert spawner().why_ended == ""


def ran(seconds: int) -> dict[str, str]:
    """As Docker has the times."""
    ended = f"2026-11-23T12:{seconds // 60:02}:{seconds % 60:02}.123456789Z"
    return {"StartedAt": "2026-11-23T12:00:00.1Z", "FinishedAt": ended}


@pytest.fixture
def all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ended, "_not_up", set())
    monkeypatch.setattr(DockerSpawner, "get_env", lambda _: {})


def leaves_out(name: str = "ada", label: str = "") -> tuple[bool, bool, str]:
    """Whether a server that starts now does without its member's settings and, by Python, packages; and what it says."""
    one = spawner(name)
    one._image_found = {"Config": {"Env": [], "Labels": {label: "start"}}}
    one.starts()
    return one.disable_user_config, "PYTHONNOUSERSITE" in one.get_env(), one.left_out


@pytest.mark.parametrize("label", ["", "cyberhubs.start"])
@pytest.mark.parametrize("reason", ["exit", "oom", "timeout"])
@pytest.mark.usefixtures("all_is_well")
def test_after_a_start_that_failed_one_does_without_what_is_the_members_own(
    reason: str, label: str
):
    assert leaves_out(label=label) == (False, False, "")
    spawner().did_not_start(StartFailure(reason, "It failed."))
    assert leaves_out("grace", label) == (False, False, "")
    assert leaves_out(label=label) == (True, not label, LEFT_OUT)
    assert leaves_out(label=label) == (False, False, "")


@pytest.mark.parametrize(
    ("name", "reason"),
    [("ada", "disk"), ("ada", "memory"), ("_check", "exit")],  # memory: of the machine
)
@pytest.mark.usefixtures("all_is_well")
def test_what_is_not_the_members_doing_is_not_held_against_them(name: str, reason: str):
    spawner(name).did_not_start(StartFailure(reason, "It failed."))
    assert leaves_out(name) == (False, False, "")


@pytest.mark.parametrize(
    ("state", "leaves"),
    [
        ({"ExitCode": 7, **ran(59)}, True),  # just after its first answer
        ({"ExitCode": 7, **ran(61)}, False),
        ({"ExitCode": 0, **ran(59)}, False),  # by its page
        ({"ExitCode": 137, "OOMKilled": True, **ran(59)}, False),
    ],
)
@pytest.mark.usefixtures("all_is_well")
def test_a_server_that_fails_within_a_minute_did_not_start(state: dict[str, Any], leaves: bool):
    spawner().ended(state)
    assert ("within a minute" in spawner().why_ended) is leaves
    assert leaves_out()[0] is leaves
    assert spawner().why_ended == ""


def test_what_is_left_out_is_said_in_what_jupyterlab_shows():
    assert len(LEFT_OUT) <= 140


def test_a_program_that_was_killed_for_memory_is_said_in_what_jupyterlab_shows(
    monkeypatch: pytest.MonkeyPatch,
):
    assert spawner().why_killed == ""
    monkeypatch.setattr(Endings, "killed_lately", lambda _, name: name == spawner().object_name)
    assert "this server's memory, 2 GB for all" in spawner().why_killed
    assert len(spawner().why_killed) <= 140
    assert spawner("grace").why_killed == ""


class Engine:
    """Of one container that runs, off its hub's network; `labels`: those of a member's server."""

    def __init__(self, *, has_network: bool, labels: dict[str, str] | None = None) -> None:
        self._has_network = has_network
        self._networks: dict[str, Any] = {"bridge": {"IPAddress": "192.0.2.2"}}
        self._labels = container_options(CONFIG)["labels"] if labels is None else labels
        self.removed = False

    async def __call__(self, method: str, *arguments: Any, **options: Any) -> Any:
        if method == "remove_container":
            assert options["force"], "it runs"
            self.removed = True
        if method == "connect_container_to_network":
            if not self._has_network:
                raise APIError("no such network")
            self._networks[arguments[1]] = {"IPAddress": "192.0.2.3"}
        return {
            "Id": "1f",
            "State": {"Running": True},
            "Config": {"Labels": self._labels, "Env": ["JUPYTERHUB_API_TOKEN=kept"]},
            "NetworkSettings": {"Networks": self._networks},
        }


async def test_a_server_off_its_hub_s_network_is_put_back(monkeypatch: pytest.MonkeyPatch):
    one = spawner()
    monkeypatch.setattr(one, "docker", Engine(has_network=True))
    server_of(one)
    assert await one.poll() is None
    assert await one.get_url() == "http://192.0.2.3:8888/core/user/ada/"


async def test_one_that_cannot_be_put_back_is_lost(monkeypatch: pytest.MonkeyPatch):
    one = spawner()
    monkeypatch.setattr(one, "docker", Engine(has_network=False))
    server_of(one)
    assert "cannot be put back" in str(await one.poll())


async def test_a_server_that_runs_unknown_to_the_database_is_kept(monkeypatch: pytest.MonkeyPatch):
    one, engine = spawner(), Engine(has_network=True)
    monkeypatch.setattr(one, "docker", engine)
    assert await one._find() == ("192.0.2.3", 8888)
    assert one.api_token == "kept"
    assert not engine.removed


async def test_one_that_cannot_be_used_is_removed(monkeypatch: pytest.MonkeyPatch):
    one, engine = spawner(), Engine(has_network=False)
    monkeypatch.setattr(one, "docker", engine)
    assert await one._find() is None
    assert engine.removed


@pytest.mark.parametrize(
    "labels", [{}, {"cyberhubs.stack": "local", "cyberhubs.hub": "core", "cyberhubs.role": "hub"}]
)
async def test_what_is_not_the_hub_s_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, labels: dict[str, str]
):
    one, engine = spawner(), Engine(has_network=True, labels=labels)
    monkeypatch.setattr(one, "docker", engine)
    assert await one._find() is None
    assert await one.poll() == 0
    assert not one.object_id
    assert not engine.removed


async def test_a_container_that_the_engine_cannot_look_at_runs(monkeypatch: pytest.MonkeyPatch):
    answer = Response()
    answer.status_code = 500

    async def fails(*_: Any) -> Any:
        raise APIError("it is busy", response=answer)

    one = spawner()
    monkeypatch.setattr(one, "docker", fails)
    assert await one.poll() is None


async def test_an_engine_that_is_silent_loses_no_server(monkeypatch: pytest.MonkeyPatch):
    async def silent(*_: Any) -> Any:
        raise RequestsConnectionError("engine")

    one = spawner()
    monkeypatch.setattr(one, "docker", silent)
    server_of(one)
    assert await one.poll() is None
    assert await one.get_url() == "http://192.0.2.9:8888/core/user/ada/"
