"""A machine that was bare: how long until it carries a hub, and what a further update asks of it."""

import time
from pathlib import Path

from benchmarks.mounts import measure_mounts
from benchmarks.report import progress, show, timed
from cyberhubs.machine.ssh import IDLE_S
from tests.support.lab.deployment import LabDeployment
from tests.support.lab.machine import lab_machine
from tests.support.member import Member

RUNS = 5


def measure_host(directory: Path) -> None:
    directory.mkdir()
    progress("setting up a bare machine, building its images")
    with lab_machine(directory, "bench") as machine:
        deployment = LabDeployment(directory, "bench-host", machine)
        try:
            began = time.monotonic()
            deployment.make("up")
            show("bare machine to ready", [time.monotonic() - began])
            with deployment.tunnel(), Member(deployment.url, "grace") as grace:
                grace.sign_in(deployment.password).start()
                show("bare machine to the first login", [time.monotonic() - began])
                grace.stop()
            first = machine.logins() - 1  # one of them was the tunnel's
            show(
                "make up of a machine, no change",
                [timed(deployment.make, "up") for _ in range(RUNS)],
            )
            time.sleep(IDLE_S + 5)  # until no connection of those is left
            before = machine.logins()
            deployment.make("up")
            print(f"{'ssh connections of the first up':34} {first:8}")
            print(f"{'ssh connections of a further up':34} {machine.logins() - before:8}")
            measure_mounts(deployment, directory / "mounts")
            machine.boot()
            deployment.trust()
            show("make up of a replaced machine", [timed(deployment.make, "up")])
        finally:
            deployment.make("down")
