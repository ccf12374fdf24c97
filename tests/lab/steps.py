"""The steps of a setup, for a machine of the lab, and its disk."""

from pathlib import Path

from cyberhubs.machine.steps import Step, setup
from cyberhubs.settings import load
from tests.lab.machine import DISK, LabMachine
from tests.unit.stack_values import SSH, changed

HEAD = 2**20  # bytes at the disk's start, where every signature is


def steps(machine: LabMachine) -> list[Step]:
    login = {**SSH["ssh"], "user": "debian", "address": machine.address, "from": []}
    host = {**SSH, "ssh": login, "data": {"device": DISK}}
    return list(setup(load(changed((("host",), host)), "test")))


def step(machine: LabMachine, name: str) -> Step:
    return next(step for step in steps(machine) if step.name == name)


def head(disk: Path) -> bytes:
    with disk.open("rb") as file:
        return file.read(HEAD)


def empty(disk: Path) -> None:
    with disk.open("r+b") as file:
        file.write(bytes(HEAD))
