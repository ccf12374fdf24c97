"""The setup scripts on a bare machine: what they refuse, that they say what they change, that twice is once."""

import json
import random
import socket
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from cyberhubs.machine import MachineError, SshMachine
from cyberhubs.machine.script import script
from cyberhubs.machine.steps import Step
from tests.support.lab.deployment import ssh_machine
from tests.support.lab.machine import LabMachine
from tests.support.lab.steps import carry_out, empty, set_up, step, steps
from tests.support.processes import wait_for_port
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow

DOOR, MOST = 8443, 16


def test_the_second_time_says_nothing(bare: LabMachine, ssh: SshMachine, disk: Path) -> None:
    for number in (1, 2):
        said = {
            one.name: ssh.run(one.script())
            for one in steps(bare)
            if one.name != "foreign-containers"
        }
        assert all(said[name] for name in ("disk", "docker")) == (number == 1), said
    assert set(said.values()) == {""}
    assert [ssh.run(one.script(check=True)) for one in steps(bare)] == [""] * 9
    bare.exec("systemctl stop docker.socket docker; apt-mark unhold docker.io")
    assert "docker: started" in ssh.run(step(bare, "docker").script(check=True))
    assert bare.exec("systemctl is-active docker || :").strip() == "inactive"
    bare.exec("apt-mark hold containerd runc")
    said = ssh.run(step(bare, "docker").script())
    assert "docker.io: held" in said and "docker: started" in said
    assert bare.exec("apt-mark showhold").split() == ["docker.io"]
    # Docker's own ranges have room for 31.
    bare.exec("for n in $(seq 33); do docker network create many-$n || exit 1; done")
    bare.exec("docker network rm $(docker network ls -q -f name=many-)")
    assert " 198.19.0.1/24 " in bare.exec("ip address show docker0")
    bare.exec("systemctl stop docker.socket docker containerd")


def test_packages_and_images_come_by_the_proxy_that_there_is(
    bare: LabMachine, ssh: SshMachine, disk: Path
) -> None:
    def told() -> tuple[str, str]:
        by_engine = bare.exec("docker info --format '{{.HTTPProxy}} {{.NoProxy}}'").strip()
        return bare.exec("apt-config dump Acquire::http::Proxy").strip(), by_engine

    def carry_out(proxy: dict[str, Any] | None) -> str:
        return "".join(ssh.run(one.script()) for one in steps(bare, proxy=proxy)[:7])

    assert "docker: started" in carry_out({"url": "http://127.0.0.1:9", "direct": [".example.org"]})
    by_apt, by_engine = told()
    assert by_apt == 'Acquire::http::Proxy "http://127.0.0.1:9";'
    assert by_engine.startswith("http://127.0.0.1:9 ") and by_engine.endswith(",.example.org")
    said = carry_out(None)
    assert "61cyberhubs-proxy: removed" in said and "docker: started" in said
    assert told() == ("", "")
    assert carry_out(None) == ""
    bare.exec("systemctl stop docker.socket docker containerd")


@pytest.mark.parametrize("kind", ["198.19.8.0/24", "unreachable 198.0.0.0/8"])
def test_addresses_that_lead_elsewhere_are_not_taken(
    bare: LabMachine, ssh: SshMachine, kind: str
) -> None:
    route = kind if kind.startswith("unreachable") else f"{kind} via {bare.gateway}"
    bare.exec(f"ip route add {route}")
    try:
        with pytest.raises(MachineError, match=rf"a route to some of them \({kind.split()[-1]}"):
            ssh.run(step(bare, "container-addresses").script())
    finally:
        bare.exec(f"ip route del {route}")


def test_addresses_of_who_is_logged_in_are_not_taken(bare: LabMachine, ssh: SshMachine) -> None:
    """Also where no route of the machine's tells, as behind a router."""
    bare.exec("ip rule add pref 1 lookup 77; ip route add default dev eth0 table 77")
    route = bare.exec("ip -4 route show dev eth0 scope link").split()[0]
    bare.exec(f"ip route del {route} dev eth0")
    try:
        with pytest.raises(MachineError, match=rf"logged in here from {bare.gateway}, who"):
            ssh.run(script("container-addresses", route, 22))
    finally:
        bare.exec(f"ip route add {route} dev eth0; ip rule del pref 1")


def test_one_address_holds_no_more_of_the_doors_connections_than_it_may(
    bare: LabMachine, ssh: SshMachine
) -> None:
    bare.exec(f"systemd-run -q --unit door python3 -m http.server {DOOR}")
    carry_out(ssh, Step("firewall", (22, "", DOOR, 8000, MOST), confirm="firewall-confirm"))
    try:
        wait_for_port(DOOR, bare.address, 20)
        with ExitStack() as held:
            for _ in range(MOST):
                one = held.enter_context(socket.create_connection((bare.address, DOOR), 10))
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((bare.address, DOOR), 10)
            bare.exec(
                f"python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", {DOOR}))'"
            )
            one.close()
            eventually(lambda: not socket.create_connection((bare.address, DOOR), 10).close())
    finally:
        bare.exec(
            "systemctl stop door; iptables -D INPUT -j CYBERHUBS-INPUT; rm /etc/cyberhubs/firewall.*"
        )


def test_another_distribution_is_refused_by_name(bare: LabMachine, ssh: SshMachine) -> None:
    bare.exec("mv /etc/os-release /etc/os-release.own")
    bare.exec("printf 'ID=rocky\\nVERSION_ID=\"9.4\"\\n' >/etc/os-release")
    try:
        with pytest.raises(
            MachineError, match=r"runs rocky 9\.4, and .* Debian 12 and 13 and Ubuntu"
        ):
            ssh.facts()
    finally:
        bare.exec("mv /etc/os-release.own /etc/os-release")


def test_a_mirror_that_is_down(bare: LabMachine, ssh: SshMachine) -> None:
    bare.exec("sed -i.own 's|//[^/]*/|//192.0.2.1:9/|' /etc/apt/sources.list")
    bare.exec("apt-get -y remove xfsprogs; apt-get clean; rm -rf /var/lib/apt/lists/*")
    bare.exec("ip route add unreachable 192.0.2.1")
    try:
        with pytest.raises(MachineError, match=r"could not install xfsprogs.*reaches its package"):
            ssh.run(step(bare, "packages").script())
    finally:
        bare.exec("mv /etc/apt/sources.list.own /etc/apt/sources.list")
        bare.exec("ip route del unreachable 192.0.2.1")
    assert "xfsprogs" in ssh.run(step(bare, "packages").script())


def test_a_full_disk(bare: LabMachine, ssh: SshMachine) -> None:
    bare.exec("apt-get -y remove xfsprogs; apt-get clean")
    bare.exec("mount -t tmpfs -o size=64k tmpfs /var/cache/apt/archives")
    try:
        with pytest.raises(MachineError, match=r"disk is full .* make room there"):
            ssh.run(step(bare, "packages").script())
    finally:
        bare.exec("umount /var/cache/apt/archives")
    assert "xfsprogs" in ssh.run(step(bare, "packages").script())


def test_a_package_that_was_half_unpacked_is_installed_again(
    bare: LabMachine, ssh: SshMachine
) -> None:
    half = "Status: install reinstreq half-installed"
    bare.exec(f"sed -i '/^Package: xfsprogs$/,/^$/ s/^Status: .*/{half}/' /var/lib/dpkg/status")
    assert "xfsprogs" in bare.exec("dpkg --audit")
    assert "xfsprogs" in ssh.run(step(bare, "packages").script())
    assert bare.exec("dpkg --audit") == ""


def test_a_docker_that_was_half_installed_while_another_packager_works(
    bare: LabMachine, ssh: SshMachine, disk: Path
) -> None:
    for one in steps(bare)[:6]:
        ssh.run(one.script())
    half = "Status: install ok unpacked"
    bare.exec("apt-mark unhold docker.io")
    bare.exec(f"sed -i '/^Package: docker.io$/,/^$/ s/^Status: .*/{half}/' /var/lib/dpkg/status")
    assert "docker.io" in ssh.run(step(bare, "docker").script())
    assert bare.exec("dpkg --audit") == ""
    bare.exec("apt-mark unhold docker.io")
    bare.exec(f"nohup python3 -c '{HOLDS_LOCK}' >/dev/null 2>&1 & sleep 1")
    assert "docker.io: held" in ssh.run(step(bare, "docker").script())
    assert "docker.io" in bare.exec("apt-mark showhold")
    bare.exec("systemctl stop docker.socket docker containerd")


HOLDS_LOCK = (
    'import fcntl, time; file = open("/var/lib/dpkg/lock", "a"); '
    "fcntl.lockf(file, fcntl.LOCK_EX); time.sleep(5)"
)


def test_foreign_settings_of_docker_are_refused(bare: LabMachine, ssh: SshMachine) -> None:
    bare.exec("mkdir -p /etc/docker; mv /etc/docker/daemon.json /tmp/own 2>/dev/null; "
              "echo '{\"debug\": true}' >/etc/docker/daemon.json")  # fmt: skip
    try:
        with pytest.raises(MachineError, match=r"daemon\.json is there and not of Cyberhubs"):
            ssh.run(step(bare, "docker").script())
        assert json.loads(bare.exec("cat /etc/docker/daemon.json")) == {"debug": True}
    finally:
        bare.exec(
            "rm /etc/docker/daemon.json; mv /tmp/own /etc/docker/daemon.json 2>/dev/null || :"
        )


def test_a_docker_that_is_there_is_taken_over_if_it_carries_nothing(
    bare: LabMachine, disk: Path
) -> None:
    bare.boot()
    machine = ssh_machine(bare)
    bare.exec("apt-get update && apt-get install -y --no-install-recommends docker.io")
    bare.exec(
        "tar -c -C / etc/hostname | docker import - tiny && docker create --name theirs tiny x"
    )
    assert not machine.facts().docker  # debian may not use it yet
    there = steps(bare)
    at = there.index(step(bare, "docker"))
    before, (docker, *after) = there[:at], there[at:]
    for one in before:
        machine.run(one.script())
    with pytest.raises(MachineError, match=r"has 1 containers in /var/lib/docker, which it would"):
        machine.run(docker.script())
    bare.exec("docker rm theirs")
    for one in [docker, *after]:
        machine.run(one.script())
    machine.disconnect()
    assert machine.facts().docker
    assert [machine.run(one.script(check=True)) for one in steps(bare)] == [""] * 9
    bare.exec("systemctl stop docker.socket docker containerd")


def test_a_lost_connection_and_the_next_run_waits_for_what_goes_on(
    bare: LabMachine, ssh: SshMachine
) -> None:
    slow = f"{script('packages', '')}\necho began; sleep 5; touch /tmp/went-on\n"
    failed: list[Exception] = []

    def run() -> None:
        try:
            ssh.run(slow)
        except MachineError as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(1.5)
    ssh.disconnect()
    thread.join()
    assert "connection" in str(failed[0]) and "run the same command again" in str(failed[0])
    began = time.monotonic()
    assert ssh.run(script("packages", "")) == ""
    assert time.monotonic() - began > 1
    assert bare.exec("ls /tmp/went-on")


def test_a_machine_that_is_restarted_in_the_middle(bare: LabMachine, disk: Path) -> None:
    bare.boot()
    machine = ssh_machine(bare)
    failed: list[str] = []

    def run() -> None:
        try:
            for one in steps(bare):
                machine.run(one.script())
        except MachineError as error:
            failed.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(5)
    bare.reboot()
    thread.join()
    assert "connection" in failed[0] and "run the same command again" in failed[0]
    set_up(machine, bare)
    assert [machine.run(one.script(check=True)) for one in steps(bare)] == [""] * 9
    bare.exec("systemctl stop docker.socket docker containerd")


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_anywhere_it_ends_in_the_same_state(
    tmp_path: Path, seed: int, bare: LabMachine
) -> None:
    """Each script of a machine that is set up from the start is killed, with all that it started."""
    chance = random.Random(seed)
    bare.boot()
    empty(Path(bare.disk))
    machine = ssh_machine(bare)
    machine.run(script("machine-id"))
    lasts = {"packages": 12.0, "docker": 8.0}
    for one in steps(bare):
        thread = threading.Thread(target=lambda one=one: tried(machine, one))
        thread.start()
        time.sleep(chance.uniform(0.1, lasts.get(one.name, 0.6)))
        bare.exec(KILL)
        thread.join()
        carry_out(machine, one)
    assert [machine.run(one.script(check=True)) for one in steps(bare)] == [""] * 9
    assert bare.exec(
        "docker info --format '{{.DockerRootDir}} {{.LiveRestoreEnabled}}'"
    ).split() == [
        "/mnt/var/lib/docker",
        "true",
    ]
    assert "iptables" not in bare.exec("dpkg --audit")
    bare.exec("umount -l /mnt || :")


KILL = """
for process in /proc/[0-9]*; do
    if ls -l $process/fd 2>/dev/null | grep -q cyberhubs-setup; then kill -9 ${process#/proc/}; fi
done
"""


def tried(machine: SshMachine, one: Step) -> None:
    with suppress(MachineError):  # it was killed
        machine.run(one.script())
