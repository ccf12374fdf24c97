"""What is looked at before an update, on each kind of host."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from cyberhubs.errors import UserError
from cyberhubs.machine.script import SCRIPT, call, digest
from cyberhubs.ops import drift
from cyberhubs.ops.preflight import local, preflight_of
from cyberhubs.ops.preflight.local import LocalPreflight
from cyberhubs.ops.preflight.openstack import OpenStackPreflight
from cyberhubs.ops.preflight.ssh import SshPreflight
from cyberhubs.ops.stack import Resource, Stack
from cyberhubs.resource_types import COMMAND
from cyberhubs.settings import load
from tests.support.stack_values import changed

FILE = call("put-file", "/mnt/hubs/core/live/access", 1, 1, "0600", "text")


class Machine:
    """Prints of each script what `says` holds for it."""

    def __init__(self, **says: str) -> None:
        self.says = says
        self.sessions = 0

    def run(self, text: str, *, stdin: str, limit_s: float) -> str:
        self.sessions += 1
        names = [line for line in stdin.splitlines() if line.startswith(f"echo '{drift.MARK}")]
        titles = [name.removeprefix("echo '").removesuffix("'") for name in names]
        return "".join(
            f"{title}\n{self.says.get(title.removeprefix(drift.MARK), '')}" for title in titles
        )


@pytest.mark.parametrize(
    ("stack", "kind"),
    [("local", LocalPreflight), ("server", SshPreflight), ("arbutus", OpenStackPreflight)],
)
def test_each_kind_of_host_has_its_own(stack: str, kind: type) -> None:
    assert type(preflight_of(Stack(stack))) is kind


def test_a_rootless_engine_is_refused() -> None:
    """By what such an engine answers of itself."""
    options = ["name=seccomp,profile=default", "name=rootless", "name=cgroupns"]
    client: Any = SimpleNamespace(info=lambda: {"SecurityOptions": options})
    with pytest.raises(UserError, match="is a rootless one"):
        preflight_of(Stack("local")).check(client)


@pytest.fixture
def as_user(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], list[str]]:
    """Has a machine that is fit for a stack see another user at work; what is installed there."""
    installed: list[str] = []
    monkeypatch.setattr(local, "check_engine", lambda: None)
    monkeypatch.setattr(local, "_install", lambda *what: installed.extend(what))

    def be(uid: int, gid: int) -> list[str]:
        monkeypatch.setattr("os.geteuid", lambda: uid)
        monkeypatch.setattr("os.getegid", lambda: gid)
        return installed

    return be


class WrittenStack(Stack):
    """Whose file and state are these; `written`: what comes into the file."""

    def __init__(self, resources: list[Resource], **values: Any):
        super().__init__("local")
        self.written: dict[str, str] = {}
        own = [((key,), value) for key, value in values.items()]
        vars(self).update(settings=load(changed(*own), "local"), _exported={"resources": resources})

    def set_config(self, key: str, value: str, *, secret: bool = False) -> None:
        self.written[key] = value


@pytest.mark.parametrize(
    ("uid", "gid", "written"),
    [
        (0, 0, {}),
        (1000, 1000, {}),
        (1001, 1002, {"cyberhubs:user.uid": "1001", "cyberhubs:user.gid": "1002"}),
        (1000, 100, {"cyberhubs:user.uid": "1000", "cyberhubs:user.gid": "100"}),
    ],
)
def test_members_files_are_the_operator_s_where_only_root_could_give_them_away(
    as_user: Callable[[int, int], list[str]], uid: int, gid: int, written: dict[str, str]
) -> None:
    as_user(uid, gid)
    stack = WrittenStack([])
    assert preflight_of(stack).prepare()
    assert stack.written == written


@pytest.mark.parametrize(
    "stack",
    [WrittenStack([{}]), WrittenStack([], user={"uid": 1000})],
    ids=["is up already", "says so"],
)
def test_files_of_another_user_are_refused_before_anything_is_touched(
    as_user: Callable[[int, int], list[str]], stack: WrittenStack
) -> None:
    installed = as_user(1001, 1002)
    with pytest.raises(UserError, match=r"cyberhubs:user: {uid: 1001, gid: 1002}"):
        preflight_of(stack).prepare()
    assert stack.written == {} and installed == []


def test_setup_and_files_are_compared_in_one_session() -> None:
    stack, machine = Stack("server"), Machine(packages="docker: installed\n", access="written\n")
    vars(stack)["machine"] = machine
    file = {
        "urn": "urn:pulumi:server::cyberhubs::x::access",
        "type": COMMAND,
        "inputs": {"update": FILE, "stdin": "grace", "environment": {SCRIPT: digest(FILE)}},
    }
    found = drift.of_machine(stack, [file])
    assert found == {"packages": ["docker: installed"], "access": ["written"]}
    assert machine.sessions == 1
