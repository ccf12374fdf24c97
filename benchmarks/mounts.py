"""`make up` with nothing to change, with the files of another machine, and with that machine gone."""

from pathlib import Path
from typing import Any

from benchmarks.report import progress, show, timed
from tests.support.lab.deployment import LabDeployment
from tests.support.lab.far_side import far_side

RUNS = 3


def measure_mounts(deployment: LabDeployment, directory: Path) -> None:
    directory.mkdir()
    progress("mounting the files of another machine")
    before = deployment.file.read_text()
    with far_side(directory, deployment.machine) as far:

        def add(config: dict[str, Any]) -> None:
            config["cyberhubs:mounts"] = {"far": {"sshfs": far.sshfs()}}
            config["cyberhubs:hubs"]["core"].setdefault("data", []).append(
                {"mount": "far", "target": "/far", "access": "read-write"}
            )

        deployment.edit(add)
        deployment.make("up")
        alive = [timed(deployment.make, "up") for _ in range(RUNS)]
        with far.gone():
            dead = [timed(deployment.make, "up") for _ in range(RUNS)]
        show("make up with a dead mount", dead, against=alive, beside="while it lives")
        deployment.write(before)
        deployment.make("up")
