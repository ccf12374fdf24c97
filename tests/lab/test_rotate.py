"""Other keys for the way to a server, without anybody being shut out, wherever a run was stopped."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from cyberhubs.machine import MachineError
from tests.support.keys import make_key
from tests.support.lab.deployment import LabDeployment, ssh_machine
from tests.support.lab.machine import LabMachine

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def stack(bare: LabMachine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabDeployment]:
    """On a server that has nothing of it: the keys are the server's own matter."""
    deployment = LabDeployment(tmp_path_factory.mktemp("rotate"), "rotate", bare)
    deployment.pulumi("stack", "init", "--no-select")
    yield deployment


def said_of_ssh(stack: LabDeployment) -> dict[str, str]:
    return yaml.safe_load(stack.file.read_text())["config"]["cyberhubs:host"]["ssh"]


def gets_in(bare: LabMachine, key: Path | str) -> bool:
    machine = ssh_machine(bare, privateKeyFile=str(key))
    machine.disconnect()
    try:
        machine.run("true", limit_s=20)
    except MachineError as error:
        assert "does not let debian in" in str(error)
        return False
    return True


def authorized(bare: LabMachine) -> list[str]:
    return bare.exec("cat /home/debian/.ssh/authorized_keys").splitlines()


def test_the_key_that_this_machine_logs_in_with(
    stack: LabDeployment, bare: LabMachine, tmp_path: Path
) -> None:
    other = make_key(tmp_path / "colleague").with_suffix(".pub").read_text().strip()
    bare.exec(f"echo '{other} colleague' >>/home/debian/.ssh/authorized_keys")
    comments = [line for line in stack.file.read_text().splitlines() if line.startswith("#")]
    said = stack.ops("rotate", "--secret", "ssh-key")
    assert "No member notices anything." in said.splitlines()[0]
    new = Path(f"{bare.key}-2")
    assert said_of_ssh(stack)["privateKeyFile"] == str(new)
    assert new.stat().st_mode & 0o777 == 0o600
    assert gets_in(bare, new) and not gets_in(bare, bare.key)
    assert authorized(bare)[0] == f"{other} colleague" and len(authorized(bare)) == 2
    assert bare.exec("stat -c '%a %U' /home/debian/.ssh/authorized_keys").strip() == "644 debian"
    assert [
        line for line in stack.file.read_text().splitlines() if line.startswith("#")
    ] == comments
    assert bare.key.exists()  # something else may use it


@pytest.mark.parametrize("stopped", ["made", "added", "removed"])
def test_a_key_whose_rotation_was_stopped(
    stack: LabDeployment, bare: LabMachine, stopped: str
) -> None:
    before = Path(said_of_ssh(stack)["privateKeyFile"])
    stem, _, number = str(before).rpartition("-")
    new = make_key(Path(f"{stem}-{int(number) + 1}"))
    public = new.with_name(f"{new.name}.pub").read_text().strip()
    keys = "/home/debian/.ssh/authorized_keys"
    if stopped != "made":
        bare.exec(f"echo '{public}' >>{keys}")
    if stopped == "removed":
        old = before.with_name(f"{before.name}.pub").read_text().split()[1]
        bare.exec(f"sed -i '\\|{old}|d' {keys}")
    stack.ops("rotate", "--secret", "ssh-key")
    assert said_of_ssh(stack)["privateKeyFile"] == str(new)
    assert gets_in(bare, new) and not gets_in(bare, before)


def test_a_server_that_goes_by_another_file_loses_nothing(
    stack: LabDeployment, bare: LabMachine
) -> None:
    before = said_of_ssh(stack)["privateKeyFile"]
    setting = "/etc/ssh/sshd_config.d/own.conf"
    bare.exec(
        f"install -m 644 /home/debian/.ssh/authorized_keys /etc/ssh/keys; "
        f"echo 'AuthorizedKeysFile /etc/ssh/keys' >{setting}; systemctl reload ssh"
    )
    try:
        said = stack.ops("rotate", "--secret", "ssh-key", fails=True)
        assert "does not let debian in" in said
        assert said_of_ssh(stack)["privateKeyFile"] == before and gets_in(bare, before)
    finally:
        bare.exec(f"rm {setting} /etc/ssh/keys; systemctl reload ssh")


@pytest.mark.parametrize("stopped", ["never", "noted", "shown"])
def test_the_key_that_the_server_shows(
    stack: LabDeployment, bare: LabMachine, stopped: str
) -> None:
    key = "/etc/ssh/ssh_host_ed25519_key"
    old, noted = bare.host_key, stack.home / f"run/host-key-{stack.stack}"
    if stopped != "never":
        bare.exec(f"rm -f {key}.new*; ssh-keygen -q -t ed25519 -N '' -C '' -f {key}.new")
        noted.parent.mkdir(exist_ok=True)
        noted.write_text(" ".join(bare.exec(f"cat {key}.new.pub").split()[:2]))
    if stopped == "shown":
        bare.exec(f"mv {key}.new {key}; mv {key}.new.pub {key}.pub; systemctl reload ssh")
    said = stack.ops("rotate", "--secret", "host-key")
    assert "is warned once of another host key" in said.splitlines()[0]
    shown = subprocess.run(
        ["ssh-keyscan", "-t", "ed25519", bare.address], capture_output=True, text=True
    ).stdout.split()[1:3]
    assert said_of_ssh(stack)["hostKey"] == bare.host_key == " ".join(shown) != old
    assert not noted.exists()
    assert bare.exec(f"ls {key}*").split() == [key, f"{key}.pub"]
    assert bare.exec(f"stat -c %a {key} {key}.pub").split() == ["600", "644"]
