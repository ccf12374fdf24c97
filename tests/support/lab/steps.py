"""The steps of a setup, for a machine of the lab, and its disk."""

from pathlib import Path
from typing import Any

from cyberhubs.machine import SshMachine
from cyberhubs.machine.script import script
from cyberhubs.machine.steps import Step, setup
from cyberhubs.settings import load
from tests.support.lab.deployment import login
from tests.support.lab.machine import DISK, LabMachine
from tests.support.stack_values import changed

HEAD = 2**20  # bytes at the disk's start, where every signature is


def steps(machine: LabMachine, *, proxy: dict[str, Any] | None = None) -> list[Step]:
    host = {"kind": "ssh", "ssh": login(machine), "data": {"device": DISK}}
    by = [(("proxy",), proxy)] if proxy else []
    return list(setup(load(changed((("host",), host), *by), "test")))


def step(machine: LabMachine, name: str) -> Step:
    return next(step for step in steps(machine) if step.name == name)


def set_up(way: SshMachine, machine: LabMachine) -> None:
    """All of it, as an update does."""
    for one in steps(machine):
        carry_out(way, one)


def carry_out(way: SshMachine, one: Step) -> None:
    way.run(one.script())
    if one.confirm:
        way.run(script(one.confirm))


def head(disk: Path) -> bytes:
    with disk.open("rb") as file:
        return file.read(HEAD)


def empty(disk: Path) -> None:
    with disk.open("r+b") as file:
        file.write(bytes(HEAD))
