"""Machines of the lab, each with an address of its own kind: one at a time."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cyberhubs.machine import SshMachine
from tests.support.lab.deployment import LabDeployment, ssh_machine
from tests.support.lab.machine import DISK, LabMachine, lab_machine
from tests.support.lab.steps import empty, step


@pytest.fixture(scope="session", autouse=True)
def needs_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("the lab needs root, for its loop devices")


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabDeployment]:
    """A stack on a Debian 13 that was bare; a test that changes anything puts it right again."""
    directory = tmp_path_factory.mktemp("lab")
    with lab_machine(directory, "stack", "trixie") as machine:
        deployment = LabDeployment(directory, "lab", machine)
        try:
            deployment.up()
            yield deployment
        finally:
            deployment.ops("down")
        assert deployment.on_machine() == deployment.on_machine("network ls") == []


@pytest.fixture(scope="module")
def bare(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LabMachine]:
    """A Debian 12 without anything, for the scripts of the setup."""
    with lab_machine(tmp_path_factory.mktemp("bare"), request.module.__name__[-8:]) as machine:
        yield machine


@pytest.fixture
def ssh(bare: LabMachine) -> SshMachine:
    """The way to the bare machine, with the packages that the scripts need."""
    machine = ssh_machine(bare)
    machine.run(step(bare, "packages").script())
    return machine


@pytest.fixture
def disk(bare: LabMachine) -> Iterator[Path]:
    """The data disk, empty, and empty again afterwards."""
    yield Path(bare.disk)
    bare.exec(
        "mountpoint -q /mnt && umount /mnt; sed -i '\\|/mnt|d' /etc/fstab; systemctl daemon-reload; "
        f"rm -f /var/lib/cyberhubs/formatting /usr/local/sbin/mkfs.ext4; wipefs -aqf {DISK}"
    )
    empty(Path(bare.disk))
    bare.exec(f"udevadm trigger --settle --name-match={bare.disk}")
