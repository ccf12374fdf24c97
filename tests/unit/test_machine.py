"""A machine, here: what a script is given, says and ends with; and the scripts that only check."""

import time

import pytest

from cyberhubs.machine import (
    Endpoint,
    LocalMachine,
    MachineError,
    SshMachine,
    interpreter,
    machine_of,
)
from cyberhubs.machine.script import script
from cyberhubs.machine.steps import setup
from cyberhubs.settings import load
from tests.support.stack_values import GOOD, OPENSTACK, SSH, changed

SERVER = changed((("host",), SSH))


def test_content_comes_by_stdin_and_lines_are_seen_at_once() -> None:
    seen: list[str] = []
    answer = LocalMachine().run("cat; echo two; echo other >&2", stdin="one\n", line=seen.append)
    assert answer == "one\ntwo\n"
    assert seen == ["one", "two"]


def test_it_need_not_read_all_that_it_is_given() -> None:
    assert LocalMachine().run("true", stdin="x" * 10**6) == ""


def test_a_failure_is_what_it_said() -> None:
    with pytest.raises(MachineError, match=r"^no such thing$"):
        LocalMachine().run("echo progress; echo no such thing >&2; exit 3")
    with pytest.raises(MachineError, match=r"exit code 3"):
        LocalMachine().run("exit 3")


def test_it_ends_in_time() -> None:
    began = time.monotonic()
    with pytest.raises(MachineError, match=r"did not end in 1 s"):
        LocalMachine().run("exec sleep 60", limit_s=1)
    assert time.monotonic() - began < 10


def test_room_where_something_is_and_where_nothing_is() -> None:
    free, inodes, left = LocalMachine().free_space("/")
    assert free > 0 and inodes > 0 and 0 < left < 1
    with pytest.raises(MachineError):
        LocalMachine().free_space("/nothing/here")


def test_each_step_of_the_setup_can_check() -> None:
    steps = list(setup(load(SERVER, "test")))
    assert [step.name for step in steps] == [
        "packages", "container-addresses", "disk", "grow", "directories", "limits", "docker", "firewall", "foreign-containers",
    ]  # fmt: skip
    for step in steps:
        assert "\ncheck=yes\n" in step.script(check=True)
        assert "\ncheck=\n" in step.script()
    with pytest.raises(ValueError, match="cannot only check"):
        script("disk-free", check=True)


def test_arguments_are_words_whatever_they_hold() -> None:
    assert LocalMachine().run(
        script("put-file", "a b'c", "$HOME").split("\n")[0] + '\necho "$1|$2"'
    ) == ("a b'c|$HOME\n")


def test_the_machine_of_a_stack() -> None:
    assert isinstance(machine_of("test", load(GOOD, "test").host), LocalMachine)
    server = load(SERVER, "test").host
    assert isinstance(machine_of("test", server), SshMachine)
    # Pulumi keeps neither where it is nor how to get in: both may change, and it is the same machine.
    assert interpreter("test", server) == [
        ".venv/bin/python",
        "-m",
        "cyberhubs.machine",
        "--stack",
        "test",
    ]


def test_a_machine_of_the_cloud_is_reached_once_it_is_made() -> None:
    host = load(changed((("host",), OPENSTACK)), "test").host
    with pytest.raises(MachineError, match=r"yet to be made: `make up STACK=test`"):
        machine_of("test", host)
    machine = machine_of("test", host, Endpoint("192.0.2.7", "ssh-ed25519 AAAA"))
    assert isinstance(machine, SshMachine)
    assert machine.address == "ssh://cyberhubs@192.0.2.7:22"
    assert "KnownHostsCommand=/bin/echo * ssh-ed25519 AAAA" in machine.docker_options


def test_what_pulumi_keeps_of_the_way_is_the_same_for_every_operator(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = []
    for home in ("/home/ada", "/Users/grace"):
        monkeypatch.setenv("HOME", home)
        machine = machine_of("test", load(SERVER, "test").host)
        assert isinstance(machine, SshMachine)
        options.append(machine.docker_options)
    assert options[0] == options[1]
    assert 'IdentityFile="${HOME}/.ssh/hub"' in options[0]
    assert "StrictHostKeyChecking=yes" in options[0]
