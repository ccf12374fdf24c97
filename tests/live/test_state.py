"""A lost passphrase, a damaged state, a second update: said before anything is touched, with the way on."""

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.deployment import Deployment
from tests.support.keys import make_key
from tests.support.waiting import eventually

SILENT = """\
config:
  cyberhubs:host:
    kind: ssh
    ssh: {{address: 127.0.0.1, port: {port}, user: root, privateKeyFile: {key}, hostKey: {host_key}, from: [127.0.0.0/8]}}
    data: {{device: /dev/disk/by-id/virtio-data}}
  cyberhubs:tls: {{mode: none, port: 8000}}
  cyberhubs:hubs:
    core:
      title: Test hub
      applications: [corehub]
      login: {{kind: password}}
      access: {{admins: [ada]}}
      limits: {{memory: 1G, cpus: 2, pids: 256}}
"""


@pytest.fixture
def known(tmp_path: Path) -> Deployment:
    """A stack that has a state and was never up."""
    known = Deployment(tmp_path, "known")
    known.pulumi("stack", "init", "--no-select")
    return known


def locks_of(deployment: Deployment) -> Path:
    return deployment.home / f"state/.pulumi/locks/organization/cyberhubs/{deployment.stack}"


def follow(deployment: Deployment, printed: str) -> None:
    """Types the commands that were printed, but for the one that is tried next."""
    commands = [line for line in printed.splitlines() if line.startswith("  ")]
    assert commands
    for command in commands:
        if not command.startswith("  make up"):
            run = ["bash", "-ec", command]
            subprocess.run(run, cwd=deployment.directory, env=deployment.environment, check=True)


def env(deployment: Deployment) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", 'eval "$(make -s env)" && echo went on'],
        cwd=deployment.directory,
        env=deployment.environment,
        capture_output=True,
        text=True,
    )


def test_no_new_passphrase_is_made_for_a_lost_one(known: Deployment) -> None:
    passphrase = known.home / "passphrase"
    text = passphrase.read_text()
    passphrase.unlink()
    for command in ("up", "preview", "down"):
        printed = known.ops(command, fails=True)
        assert f"not where it should be, in {passphrase}" in printed
        assert str(known.state_file) in printed and str(known.file) in printed
        assert not passphrase.exists()
    made = env(known)
    assert str(passphrase) in made.stderr and made.stdout == "" and made.returncode
    assert json.loads(known.ops("output")) == {}
    passphrase.write_text(text)
    known.ops("preview")
    assert env(known).stdout == "went on\n"


def test_stack_file_alone_tells_that_a_passphrase_is_lost(known: Deployment) -> None:
    passphrase, state = known.home / "passphrase", known.home / "state"
    passphrase.unlink()
    state.rename(state.with_name("elsewhere"))
    assert str(known.file) in known.ops("preview", fails=True)
    assert not passphrase.exists()


def test_file_that_the_operator_names_for_the_passphrase(known: Deployment, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    known.environment["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(mine)
    assert f"in {mine}" in known.ops("preview", fails=True)
    (known.home / "passphrase").rename(mine)
    known.ops("preview")


def test_passphrase_file_that_is_not_there_before_anything_is_encrypted(tmp_path: Path) -> None:
    fresh = Deployment(tmp_path, "fresh")
    fresh.environment["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(tmp_path / "mine")
    assert f"names {tmp_path}/mine, which is not there" in fresh.ops("up", fails=True)


@pytest.mark.parametrize(
    "wrong",
    [False, pytest.param(True, marks=pytest.mark.slow)],
    ids=["no passphrase", "another passphrase"],
)
def test_the_way_on_without_the_passphrase(known: Deployment, wrong: bool) -> None:
    passphrase = known.home / "passphrase"
    passphrase.unlink()
    if wrong:
        passphrase.write_text("another")
    follow(known, known.ops("preview", fails=True))
    known.ops("preview")
    assert passphrase.read_text()
    assert "encryptionsalt" in known.file.read_text()


def test_wrong_passphrase_is_said_with_where_it_is_from(known: Deployment) -> None:
    passphrase = known.home / "passphrase"
    passphrase.write_text("another")
    for command in ("up", "preview", "down"):
        printed = known.ops(command, fails=True)
        assert f"The passphrase of {passphrase} is not the one" in printed
        assert str(known.file) in printed
    known.environment["PULUMI_CONFIG_PASSPHRASE"] = "a third"
    assert "passphrase of PULUMI_CONFIG_PASSPHRASE is" in known.ops("preview", fails=True)
    # Nor is the mark of a wrong one put into a file that has none.
    text = known.file.read_text().partition("encryptionsalt")[0]
    known.write(text)
    assert str(known.state_file) in known.ops("preview", fails=True)
    assert known.file.read_text() == text


DAMAGE = {
    "empty": lambda data: b"",
    "cut short": lambda data: data[:99],
    "zeros": lambda data: bytes(len(data)),
}


@pytest.mark.parametrize(
    "how, compressed",
    [
        pytest.param("empty", False, marks=pytest.mark.slow),
        ("cut short", False),
        pytest.param("zeros", False, marks=pytest.mark.slow),
        pytest.param("cut short", True, marks=pytest.mark.slow),
    ],
    ids=["empty", "cut short", "zeros", "compressed"],
)
def test_damaged_state_is_put_back_by_the_command_that_is_named(
    tmp_path: Path, how: str, compressed: bool
) -> None:
    known = Deployment(tmp_path, "known")
    if compressed:
        known.environment["PULUMI_DIY_BACKEND_GZIP"] = "true"
    known.pulumi("stack", "init", "--no-select")
    state = known.state_file.with_suffix(".json.gz" if compressed else ".json")
    before = state.read_bytes()
    state.write_bytes(DAMAGE[how](before))
    for command in ("output", "up", "down", "preview"):
        printed = known.ops(command, fails=True)
        assert f"{state} is cut short" in printed
        assert f"cp {state}.bak" in printed
    follow(known, printed)
    assert json.loads(known.ops("output")) == {}


def test_state_of_which_no_copy_is_whole(known: Deployment) -> None:
    state = known.state_file
    for file in (state, Path(f"{state}.bak")):
        file.write_text("{")
    printed = known.ops("up", fails=True)
    assert "None of Pulumi's copies is whole" in printed
    assert "docs/explanation/state.md" in printed


def test_damaged_state_of_another_stack_stops_nobody(known: Deployment) -> None:
    known.state_file.with_name("another.json").write_text("")
    known.ops("preview")
    known.ops("down")


@contextmanager
def begun(deployment: Deployment, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        command,
        cwd=deployment.directory,
        env=deployment.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Deployment]:
    """A stack on a machine that takes a connection and says nothing, so that an update waits."""
    key = make_key(tmp_path / "key")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        text = SILENT.format(
            port=silent.getsockname()[1],
            key=key,
            host_key=key.with_suffix(".pub").read_text().strip(),
        )
        slow = Deployment(tmp_path, "slow", text.replace("{", "{{").replace("}", "}}"))
        slow.pulumi("stack", "init", "--no-select")
        yield slow


def test_second_update_ends_before_it_touches_anything(slow: Deployment) -> None:
    with begun(slow, *slow.program("up")) as first:
        lock = slow.home / f"run/stack-{slow.stack}.lock"
        eventually(lambda: str(first.pid) in lock.read_text())
        for command in ("up", "down", "preview"):
            printed = slow.ops(command, fails=True)
            assert f"`make up`, process {first.pid}, since" in printed
            assert "wait for its end" in printed
        assert json.loads(slow.ops("output")) == {}
    slow.ops("preview")


@pytest.mark.slow
def test_plain_update_is_waited_for_and_a_dead_one_is_not(slow: Deployment) -> None:
    plain = f'eval "$(make -s env)" && exec pulumi up --yes --stack {slow.stack}'
    with begun(slow, "bash", "-c", plain) as first:
        eventually(lambda: [*locks_of(slow).glob("*.json")])
        for command in ("up", "down", "preview"):
            printed = slow.ops(command, fails=True)
            assert f"process {first.pid}, since" in printed
            assert "Nothing was touched" in printed
    assert "dropping its lock" in slow.ops("preview")


@pytest.mark.parametrize(
    "lock, said",
    [
        (
            '{"pid": 7, "username": "ada", "hostname": "far", "timestamp": "2026-01-02T03:04:05Z"}',
            "ada@far, process 7, since 2026-01-02T03:04:05Z",
        ),
        pytest.param("", "somebody", marks=pytest.mark.slow),
    ],
    ids=["of another machine", "cut short"],
)
def test_lock_of_nobody_here_goes_by_the_command_that_is_named(
    known: Deployment, lock: str, said: str
) -> None:
    locks_of(known).mkdir(parents=True, exist_ok=True)
    (locks_of(known) / "theirs.json").write_text(lock)
    printed = known.ops("preview", fails=True)
    assert f"is worked on by {said}" in printed
    command = printed.strip().rpartition("drop its lock: ")[2]
    run = ["bash", "-ec", command]
    subprocess.run(run, cwd=known.directory, env=known.environment, check=True)
    known.ops("preview")


@pytest.mark.parametrize(
    "url, said",
    [
        ("file:///nowhere/at/all", "no such file"),
        pytest.param("https://127.0.0.1:1", "PULUMI_ACCESS_TOKEN", marks=pytest.mark.slow),
        ("postgres://me:hush@127.0.0.1:1/x", "postgres://127.0.0.1:1/x"),
    ],
)
def test_backend_that_cannot_be_used(known: Deployment, url: str, said: str) -> None:
    known.environment["PULUMI_BACKEND_URL"] = url
    for command in ("up", "preview", "down", "output"):
        printed = known.ops(command, fails=True)
        assert "Pulumi cannot get at its state in" in printed
        assert said in printed
        assert "hush" not in printed


def test_state_that_cannot_be_written_is_said_at_first(known: Deployment) -> None:
    command = " ".join(known.program("up"))
    ended = subprocess.run(
        ["bash", "-c", f"ulimit -f 100 && exec {command}"],
        cwd=known.directory,
        env=known.environment,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert f"{known.home}/state, which cannot be written (File too large)" in ended.stderr
    assert "docker" not in ended.stderr
