"""What an operator reads when the way to the machine is not as it should be: before anything is touched."""

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cyberhubs.machine import MachineError, SshMachine
from tests.support.keys import make_key
from tests.support.lab.deployment import ssh_machine
from tests.support.lab.machine import LabMachine

pytestmark = pytest.mark.slow


def test_a_wrong_key(bare: LabMachine, tmp_path) -> None:
    make_key(tmp_path / "other")
    with pytest.raises(MachineError, match=r"does not let debian in with .*authorized_keys"):
        ssh_machine(bare, privateKeyFile=str(tmp_path / "other")).facts()


def test_a_missing_key(bare: LabMachine, tmp_path) -> None:
    with pytest.raises(MachineError, match=r"no private key .*/gone.*ssh-keygen"):
        ssh_machine(bare, privateKeyFile=str(tmp_path / "gone")).facts()


def test_another_host_key(bare: LabMachine, tmp_path) -> None:
    make_key(tmp_path / "other")
    other = (tmp_path / "other.pub").read_text().strip()
    with pytest.raises(MachineError, match=r"shows another host key.*make host-key"):
        ssh_machine(bare, hostKey=other).facts()


def test_sudo_that_asks_for_a_password(bare: LabMachine) -> None:
    bare.exec("useradd -m -s /bin/bash asked; cp -r /home/debian/.ssh /home/asked/; "
              "chown -R asked /home/asked/.ssh")  # fmt: skip
    try:
        with pytest.raises(MachineError, match=r"sudo asks asked@.* NOPASSWD"):
            ssh_machine(bare, user="asked").facts()
    finally:
        bare.exec("pkill -u asked; userdel -rf asked", check=False)


def test_root_needs_no_sudo(bare: LabMachine) -> None:
    assert ssh_machine(bare, user="root").facts().distribution == "debian 12"


def test_a_key_in_the_operators_home(bare: LabMachine, monkeypatch) -> None:
    """Its name is the same for every operator, and may have a space."""
    with tempfile.TemporaryDirectory() as home:  # whose name is short, as a socket's must be
        monkeypatch.setenv("HOME", home)
        keys = Path(home, "my keys")
        keys.mkdir()
        shutil.copy(bare.key, keys / "hub")
        machine = ssh_machine(bare, privateKeyFile="~/my keys/hub")
        assert machine.facts().distribution == "debian 12"
        machine.disconnect()


def test_a_folder_whose_name_is_too_long_for_sockets(
    bare: LabMachine, tmp_path, monkeypatch
) -> None:
    monkeypatch.setenv("CYBERHUBS_HOME", str(tmp_path / ("deep" * 20)))
    with pytest.raises(MachineError, match=r"too long a name.*set CYBERHUBS_HOME"):
        ssh_machine(bare).facts()


def test_nobody_answers(bare: LabMachine, monkeypatch, capfd) -> None:
    monkeypatch.setattr("cyberhubs.machine.ssh.ANSWER_S", 3)
    with pytest.raises(MachineError, match=r"port 2222 does not answer: .*refused.*host\.ssh"):
        ssh_machine(bare, port=2222).facts()
    assert "Waiting up to 3 s" in capfd.readouterr().err


def test_a_script_that_does_not_end(bare: LabMachine) -> None:
    began = time.monotonic()
    with pytest.raises(MachineError, match="did not end it in 2 s"):
        ssh_machine(bare).run("sleep 60", limit_s=2)
    assert time.monotonic() - began < 20


def test_a_machine_that_vanishes_in_the_middle(bare: LabMachine) -> None:
    """No packet comes back, as when its network is lost: that ends too."""
    machine = ssh_machine(bare)
    machine.facts()
    cut = "iptables -I INPUT -p tcp --dport 22 -j DROP"
    bare.exec(
        "command -v iptables || (apt-get update && apt-get install -y iptables) >/dev/null 2>&1"
    )
    undo = cut.replace("-I", "-D", 1)
    began = time.monotonic()
    try:
        with pytest.raises(MachineError, match=r"connection .* was lost"):
            machine.run(f"(sleep 60; {undo}) >/dev/null 2>&1 & {cut}; sleep 90")
    finally:
        bare.exec(undo, check=False)
    assert time.monotonic() - began < 60


def test_stdin_and_what_it_says_at_once(bare: LabMachine) -> None:
    lines: list[tuple[float, str]] = []
    see: Callable[[str], None] = lambda text: lines.append((time.monotonic(), text))  # noqa: E731
    answer = ssh_machine(bare).run("cat; sleep 1; echo $(id -u)", stdin="a 'b'\n", line=see)
    assert answer == "a 'b'\n0\n"
    assert lines[1][0] - lines[0][0] > 0.8


def test_a_file_is_put_whole(bare: LabMachine) -> None:
    ssh_machine(bare).put("/srv/new/file", "content", uid=12345, gid=12346, mode="0640")
    found = bare.exec("stat -c '%u:%g %a' /srv/new/file; cat /srv/new/file; ls -A /srv/new")
    assert found == "12345:12346 640\ncontentfile\n"
    assert bare.exec("stat -c %u /srv").strip() == "0"


def test_many_at_once_share_one_connection(bare: LabMachine) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def run(number: int) -> str:
        return SshMachine(machine.connection).run(f"sleep 1; echo {number}").strip()

    machine = ssh_machine(bare)
    machine.disconnect()
    before = bare.logins()
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(run, range(8))) == [str(number) for number in range(8)]
    assert bare.logins() == before + 1
