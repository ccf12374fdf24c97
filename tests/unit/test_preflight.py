"""What is looked at before an update, on each kind of host."""

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
from cyberhubs.ops.stack import Stack
from cyberhubs.resource_types import COMMAND

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


@pytest.mark.parametrize(
    ("uid", "gid", "may"),
    [(0, 0, True), (1000, 1000, True), (1001, 1001, False), (1000, 100, False)],
)
def test_files_of_another_user_are_refused_before_anything_is_touched(
    monkeypatch: pytest.MonkeyPatch, uid: int, gid: int, may: bool
) -> None:
    """The stack file has the default, 1000:1000."""
    reached: list[str] = []
    monkeypatch.setattr(local, "check_engine", lambda: reached.append("engine"))
    monkeypatch.setattr(local, "_install", lambda *what: reached.extend(what))
    monkeypatch.setattr("os.geteuid", lambda: uid)
    monkeypatch.setattr("os.getegid", lambda: gid)
    preflight = preflight_of(Stack("local"))
    if may:
        assert preflight.prepare()
        return
    with pytest.raises(UserError, match=rf"cyberhubs:user: {{uid: {uid}, gid: {gid}}}"):
        preflight.prepare()
    assert reached == []


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
