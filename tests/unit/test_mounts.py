"""Mounts of other machines' files: what is refused, what a machine is told, and what of it is secret."""

import base64
import copy
import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from cyberhubs.changes.differences import Change, differences
from cyberhubs.changes.machine import describe_machine
from cyberhubs.changes.resource import Resource
from cyberhubs.changes.summary import Summary
from cyberhubs.machine.mounts import mount_arguments, mount_files
from cyberhubs.machine.script import call
from cyberhubs.resource_types import COMMAND
from cyberhubs.settings import SettingsError, load
from tests.support.stack_values import CORE, SSH, changed
from tests.unit.recorder import PROJECT, config_of, record, secrets_in

HOST_KEY = SSH["ssh"]["hostKey"].rpartition(" ")[0]
SSHFS = {
    "host": "files.example.org",
    "user": "hub",
    "path": "/data/100% of it",
    "hostKey": f"{HOST_KEY} root@files",
    "privateKey": "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n-----END OPENSSH PRIVATE KEY-----",
}
LAKE = {
    "type": "webdav",
    "path": "my bucket",
    "options": {"url": "https://dav.example.org", "user": "hub"},
    "secrets": {"pass": "hunter3", "bearer_token": "hunter4"},
}
NFS = {"server": "fd00::7", "path": "/export"}
MOUNTS: dict[str, Any] = {
    "survey": {"sshfs": SSHFS, "readOnly": True},
    "lake": {"rclone": LAKE},
    "old": {"nfs": NFS},
}
SPACE = {"mount": "survey", "target": "/survey"}


def stack(
    mounts: dict[str, Any] = MOUNTS, spaces: Any = (SPACE,), host: Any = SSH
) -> dict[str, Any]:
    return changed((("host",), host), (("mounts",), mounts), ((*CORE, "data"), list(spaces)))


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (stack(host={"kind": "local", "data": {"path": "/srv/x"}}), "mounts: are for a host that"),
        (stack({"survey": {"sshfs": SSHFS, "nfs": NFS}}), "says sshfs and nfs"),
        (stack({"survey": {"sshfs": {**SSHFS, "hostKey": "any"}}}), "is not an SSH public key"),
        (stack({"survey": {"sshfs": {**SSHFS, "user": "a b"}}}), "'a b' is not a user's name"),
        (stack({"survey": {"rclone": {**LAKE, "type": "S3 of ours"}}}), "is not a type of rclone"),
        (stack({"survey": {"rclone": {**LAKE, "options": {"a=b": "c"}}}}), "is not an option of"),
        (stack({"survey": {"rclone": {**LAKE, "secrets": {"key": "hunter5\n{}"}}}}), "has a line break"),
        (stack({"my survey": {"nfs": NFS}}), "'my survey' cannot be part of"),
        (stack(spaces=[{**SPACE, "mount": "surve"}]), "'surve' is none of cyberhubs:mounts — did"),
        (stack(spaces=[{**SPACE, "source": "/data"}]), "says source and mount — give either"),
        (stack(spaces=[{"target": "/data"}]), "says nothing — give either source or mount"),
        (stack(spaces=[{**SPACE, "access": "private"}]), "private goes beyond mounts.survey.read"),
        (stack(spaces=[{**SPACE, "mounted": True}]), "has mounted, which a mount has no use for"),
        (stack(spaces=[{**SPACE, "owner": {"gid": 7}}]), "has owner, which a mount has no use for"),
        (
            stack(spaces=[{"source": "/srv/cyberhubs/mounts/x", "target": "/x"}]),
            "'/srv/cyberhubs/mounts/x' is where cyberhubs:mounts are — name one of them by mount",
        ),
        (
            stack(spaces=[{"mount": "lake", "target": f"/{access}", "access": access}
                          for access in ("private", "read-only")]),
            "and what is private would be others' too",
        ),
    ],
)  # fmt: skip
def test_what_is_refused(raw: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as error:
        load(raw, "test", tmp_path)
    assert any(says in problem for problem in error.value.problems), error.value.problems
    assert "hunter" not in str(error.value)


def test_what_a_machine_is_told() -> None:
    settings = load(stack(), "test")
    uid, gid, way_out, data, *mounts = map(str, mount_arguments(settings))
    assert (uid, gid, way_out, data) == ("1000", "1000", "", "/mnt")
    lake, old, survey = (mount.split(" ", 3) for mount in mounts)
    assert lake[:3] == ["lake", "rclone", "rw"] and "--allow-other" in lake[3]
    assert old[:3] == ["old", "nfs", "rw"] and "soft," in old[3]
    assert old[3].endswith(" [fd00::7]:/export /srv/cyberhubs/mounts/old")
    assert survey[:3] == ["survey", "sshfs", "ro"]
    command = shlex.split(survey[3])
    assert command[4] == "survey:/data/100%% of it"  # as systemd reads it
    options = command[-1].split(",")
    assert {"ro", "nosuid", "nodev", "allow_other", "default_permissions", "uid=1000"} <= {*options}
    assert {"reconnect", "delay_connect"} <= {*options}


def test_a_machine_gets_credentials_by_stdin_alone() -> None:
    settings = load(stack(), "test")
    lines = [line.split(" ") for line in mount_files(settings.mounts).splitlines()]
    files = {path: base64.b64decode(content).decode() for path, content in lines}
    assert files["survey/key"] == SSHFS["privateKey"] + "\n"
    assert files["survey/known_hosts"] == f"survey {HOST_KEY}\n"
    for said in ("StrictHostKeyChecking yes", "HostName files.example.org", "BatchMode yes"):
        assert f"{said}\n" in files["survey/ssh_config"]
    remote = files["lake/remote"].splitlines()
    assert remote[:3] == ["[lake]", "type = alias", "remote = lake-far:my bucket"]
    assert {"type = webdav", "obscure pass = hunter3", "bearer_token = hunter4"} <= {*remote}
    assert "hunter" not in " ".join(map(str, mount_arguments(settings)))


@pytest.fixture
def config() -> dict[str, Any]:
    return config_of(PROJECT / "stacks/Pulumi.server.yaml")


def test_the_hubs_come_first_whether_others_machines_answer_or_not(config: dict[str, Any]) -> None:
    without = record(config, stack="server")
    config["mounts"] = copy.deepcopy(MOUNTS)
    config["hubs"]["core"]["data"] = [SPACE]
    graph = {r.name: r for r in record(config, stack="server").values()}
    mounts = graph["mounts-made"]
    assert [base64.b64decode(line.split()[1]).decode() for text in secrets_in(mounts.inputs)
            for line in text.splitlines() if line.startswith("survey/key")] == [f"{SSHFS['privateKey']}\n"]  # fmt: skip
    assert (
        mounts.inputs["delete"] == "sh cyberhubs/machine/scripts/setup/mounts.sh 1000 1000 '' /mnt"
    )
    assert any(urn.endswith("::core-check") for urn in mounts.options.dependencies)
    assert "core-files-spaces" not in graph  # which would look at it
    hub = json.loads(graph["core-files-config"].inputs["stdin"])
    assert hub["mounts"] == [{"source": "/srv/cyberhubs/mounts/survey", "target": "/survey",
                              "access": "read-only", "remote": True}]  # fmt: skip
    assert "mounts-made" not in {r.name for r in without.values()}


def made_by(mounts: dict[str, Any]) -> list[Resource]:
    settings, none = load(stack(mounts, spaces=()), "test"), frozenset[str]()
    command = call("mounts", *mount_arguments(settings))
    inputs = {"create": command, "stdin": mount_files(settings.mounts)}
    return [Resource("urn::mounts-made", COMMAND, True, inputs, {}, none, False)]


@pytest.mark.parametrize(
    ("after", "lost"),
    [
        (MOUNTS, []),
        ({**MOUNTS, "more": {"nfs": NFS}}, []),
        ({**MOUNTS, "survey": {"sshfs": SSHFS}}, ["survey"]),
        ({"lake": MOUNTS["lake"]}, ["old", "survey"]),
    ],
)
def test_who_loses_sight_of_one_is_said_before(after: dict[str, Any], lost: list[str]) -> None:
    summary = Summary()
    describe_machine(summary, differences(made_by(MOUNTS), made_by(after)))
    said = [line for lines in summary.lines.values() for line in lines]
    assert [line.partition("the mount ")[2].partition(",")[0] for line in said] == lost


def test_so_is_another_secret() -> None:
    summary, other = Summary(), {**LAKE, "secrets": {"pass": "hunter5"}}
    describe_machine(
        summary, differences(made_by(MOUNTS), made_by({**MOUNTS, "lake": {"rclone": other}}))
    )
    assert summary.text().splitlines() == [
        "Cut off meanwhile:",
        "  everyone: running servers lose sight of each mount that is reached with another secret, until their next start.",
        "The update takes about 5 s.",
    ]


def test_so_is_the_end_of_all() -> None:
    summary = Summary()
    (old,) = made_by(MOUNTS)
    describe_machine(summary, [Change("delete", old, old)])
    assert len(summary.text().splitlines()) == 5
