"""What the summary of a change says where another machine comes, or the data is looked for elsewhere."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from cyberhubs.changes import Summary, Topic, describe, differences
from tests.unit.recorder import PROJECT, config_of, resources

Edit = Callable[[dict[str, Any]], Any]
VOLUME = "6c0f1a52-8d0e-4a5c-9a53-0f1f3f0a7a11"
OTHER_VOLUME = "0b6a1a52-8d0e-4a5c-9a53-0f1f3f0a7a22"
GO_ON = "go on"
ALL = "members' files, shared passwords, the hubs' databases and secrets stay"


def change(stack: str, edit: Edit, before: Edit = lambda config: None) -> Summary:
    """Of a committed stack, with `before` edited as well."""
    config = config_of(PROJECT / f"stacks/Pulumi.{stack}.yaml")
    old, new = copy.deepcopy(config), copy.deepcopy(config)
    before(old)
    edit(new)
    was, will = resources(old, stack), resources(new, stack)
    return describe(was, will, differences(was, will))


def host(kind: str) -> Edit:
    return lambda config: config.update(host=config_of(PROJECT / f"stacks/Pulumi.{kind}.yaml")["host"])  # fmt: skip


def ssh(**values: str) -> Edit:
    return lambda config: config["host"]["ssh"].update(values)


def data(**values: str) -> Edit:
    return lambda config: config["host"].update(data={"filesystem": "ext4", "inodes": "auto", **values})  # fmt: skip


OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBmFhb8FmS0pJTAY2tKHVYvHPvuIR3mkAULk5DAGAAAA"
# Stack, edit, what its file says before if not as it is committed; words of a loss, and of how long the update takes.
LOST: list[tuple[str, Edit, Edit | None, str, str]] = [
    ("server", ssh(address="192.0.2.99", hostKey=OTHER_KEY), None, "machine at 192.0.2.10, as the one at 192.0.2.99", "3 min"),
    ("server", ssh(hostKey=OTHER_KEY), None, "machine at 192.0.2.10, if another one has come to that address", "3 min"),
    ("local", host("server"), None, "the host is of another kind (Ssh, before: Local)", "3 min"),
    ("server", host("local"), None, "the host is of another kind (Local, before: Ssh)", " s"),
    ("arbutus", host("server"), None, "the machine: it is deleted, with all running servers.", "3 min"),
    ("arbutus", data(volumeId=OTHER_VOLUME), data(volumeId=VOLUME), f"all that is on the volume {VOLUME}", " s"),
    ("local", lambda config: config["host"]["data"].update(path="/srv/b"), None, "the hubs begin with nothing in /srv/b", " s"),
]  # fmt: skip


@pytest.mark.parametrize(("stack", "edit", "before", "words", "takes"), LOST)
def test_what_stays_behind_is_lost(
    stack: str, edit: Edit, before: Edit | None, words: str, takes: str
) -> None:
    summary = change(stack, edit, before or (lambda config: None))
    lost = summary.lines[Topic.LOST]
    assert [line for line in lost if words in line], lost
    assert [line for line in lost if ALL in line], lost
    assert summary.markdown().startswith(f"**{Topic.LOST}**\n\n- **")
    assert summary.takes.endswith(takes), summary.takes


MOVED: list[tuple[str, Edit, str]] = [
    ("server", ssh(address="192.0.2.99", hostKey=OTHER_KEY), "everyone, if it is another machine: the hubs are away for about 3 min"),
    ("server", ssh(hostKey=OTHER_KEY), "everyone, if it is another machine: the hubs are away for about 3 min"),
    ("local", host("server"), "everyone: the hubs are away for about 3 min"),
    ("arbutus", lambda config: config["host"].update(flavor="p8-30gb"), "everyone: the machine is replaced (another flavor)."),
]  # fmt: skip


@pytest.mark.parametrize(("stack", "edit", "words"), MOVED)
def test_nothing_goes_on_where_the_machine_does_not_stay(
    stack: str, edit: Edit, words: str
) -> None:
    (line,) = change(stack, edit).lines[Topic.CUT]
    assert line.startswith(words) and GO_ON not in line


def test_a_network_that_is_made_anew_ends_its_servers() -> None:
    was = resources(config_of(PROJECT / "stacks/Pulumi.local.yaml"), "local")
    will = copy.deepcopy(was)
    network = next(one for one in will if one.name == "core-network")
    network.inputs["options"] = {"com.docker.network.driver.mtu": "1400"}  # pyright: ignore[reportIndexIssue]
    cut = describe(was, will, differences(was, will)).lines[Topic.CUT]
    assert (
        "core: its network is made anew. All its running servers stop, with their kernels." in cut
    )
    assert "core: nobody can log in or start a server for about 10 s." in cut
    assert not [line for line in cut if GO_ON in line]


def test_what_follows_a_machine_is_not_lost() -> None:
    summary = change("arbutus", lambda config: config["host"].update(flavor="p8-30gb"))
    assert Topic.LOST not in summary.lines
    assert summary.takes == "about 5 min"


def test_another_address_alone_is_another_name() -> None:
    summary = change("server", ssh(address="hub.example.org"))
    assert summary.lines.keys() == {Topic.MACHINE}
    (line,) = summary.lines[Topic.MACHINE]
    assert line.startswith("it is reached at hub.example.org (before: 192.0.2.10).")
    assert "taken for the same machine" in line


def test_a_protected_volume_that_another_one_replaces_is_told_once() -> None:
    lost = change("arbutus", data(volumeId=VOLUME)).lines[Topic.LOST]
    assert len(lost) == 1 and lost[0].startswith("the volume with all members' files")
