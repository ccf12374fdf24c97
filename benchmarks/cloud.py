"""A stack on an empty cloud: how long until somebody is in, and what replacing its machine costs."""

import time
from pathlib import Path

from benchmarks.report import progress, show, timed
from tests.support.lab.cloud import lab_cloud
from tests.support.lab.coming_up import absence, first_up
from tests.support.lab.deployment import CloudDeployment
from tests.support.lab.metal import metal
from tests.support.member import Member

RUNS = 5
MACHINES = 3


def measure_cloud(directory: Path) -> None:
    directory.mkdir()
    progress("making a cloud, and on it a machine, building its images")
    with lab_cloud(directory, "bench") as cloud, metal(cloud, directory):
        stack = CloudDeployment(directory / "stack", "bench-cloud", cloud)
        try:
            began = time.monotonic()
            up = first_up(stack)
            show("empty cloud to ssh", [up.ssh])
            show("empty cloud to ready", [up.ready])
            with stack.tunnel(), Member(stack.url, "grace") as grace:
                grace.sign_in(stack.password).start()
                show("empty cloud to the first login", [time.monotonic() - began])
                grace.stop()
            unchanged = [timed(stack.make, "up") for _ in range(RUNS)]
            show("make up in a cloud, no change", unchanged)
            seconds, away = [], []
            for number in range(MACHINES):
                stack.say(image={"name": "debian-12" if number % 2 else "debian-12-newer"})
                with absence(stack) as hub:
                    seconds.append(timed(stack.make, "up"))
                away.append(hub.seconds)
            show("make up that replaces the machine", seconds)
            show("of which the hub is away", away)
        finally:
            stack.clean()
