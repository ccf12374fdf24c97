"""`python -m benchmarks`: brings up a stack of its own, measures it, removes it, prints a table."""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
from docker.models.containers import Container

from benchmarks.access import measure_access
from benchmarks.attack import measure_attack
from benchmarks.changes import measure_changes
from benchmarks.cloud import measure_cloud
from benchmarks.door import measure_door
from benchmarks.host import measure_host
from benchmarks.images import measure_images
from benchmarks.lesson import measure_lesson
from benchmarks.metrics import measure_metrics
from benchmarks.page import measure_page
from benchmarks.report import progress, show, timed
from benchmarks.spaces import measure_spaces
from tests.support import run
from tests.support.deployment import Deployment
from tests.support.member import Member

PEOPLE = 10
RUNS = 5
STARTS = 10
HUBS = 10


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="cyberhubs-bench-") as directory:
        deployment = Deployment(Path(directory), "bench")
        deployment.edit(
            lambda config: config["cyberhubs:hubs"]["core"]["access"].update(everyone=True)
        )
        try:
            progress("building what is not built yet, bringing the stack up")
            deployment.make("up")
            measure_updates(deployment, Path(directory))
            measure_one_start(deployment)
            measure_many_starts(deployment)
            measure_memory(deployment)
            measure_page(deployment, Path(directory) / "page")
            measure_door(deployment, Path(directory) / "door")
            measure_attack(deployment)
            measure_access(deployment)
            measure_lesson(deployment, Path(directory) / "lesson")
            measure_spaces(deployment, Path(directory) / "spaces")
            measure_metrics(deployment)
            measure_further_hubs(deployment)
            measure_images(deployment, Path(directory) / "images")
        finally:
            deployment.make("down")
        measure_changes(Path(directory) / "changes")
        measure_host(Path(directory) / "host")
        measure_cloud(Path(directory) / "cloud")


def measure_updates(deployment: Deployment, directory: Path) -> None:
    deployment.make("down")
    show("up, images there", [timed(deployment.make, "up")])
    empty = make_empty_program(deployment, directory / "empty")
    for name, command in (("up", ["up", "--yes", "--skip-preview"]), ("preview", ["preview"])):
        pairs = [(timed(deployment.pulumi, *command), timed(empty, *command)) for _ in range(RUNS)]
        ours, theirs = (list(seconds) for seconds in zip(*pairs, strict=True))
        show(f"pulumi {name}, no change", ours, against=theirs, beside="an empty program's")
    show("make up, no change", [timed(deployment.make, "up") for _ in range(RUNS)])
    if home := os.environ.get("OFFICIAL_PULUMI_HOME"):  # with the official plugins in it
        ours = deployment.environment["PULUMI_HOME"]
        deployment.environment["PULUMI_HOME"] = home
        command = ["up", "--yes", "--skip-preview"]
        official = [timed(deployment.pulumi, *command) for _ in range(RUNS)]
        deployment.environment["PULUMI_HOME"] = ours
        show("pulumi up, no change, official", official)


def measure_one_start(deployment: Deployment) -> None:
    with Member(deployment.url, "one") as member:
        member.sign_in(deployment.password)
        hub, alone = [], []
        for _ in range(STARTS):
            hub.append(member.start())
            member.stop()
            alone.append(max(bare_starts(deployment, 1)))
        show("one server, start to answer", hub, against=alone, beside="a bare container's")


def measure_many_starts(deployment: Deployment) -> None:
    members = [Member(deployment.url, f"many{number}") for number in range(PEOPLE)]
    for member in members:
        member.sign_in(deployment.password)
    with ThreadPoolExecutor(PEOPLE) as threads:
        hub, alone = [], []
        for _ in range(3):
            hub.append(max(threads.map(Member.start, members)))
            list(threads.map(Member.stop, members))
            alone.append(max(bare_starts(deployment, PEOPLE)))
        show(f"{PEOPLE} servers at once, the last", hub, against=alone, beside="bare containers'")


def measure_memory(deployment: Deployment) -> None:
    with Member(deployment.url, "memory") as member:
        member.sign_in(deployment.password).start()
        for what, role in (("hub", "hub"), ("proxy", "proxy"), ("one server", "user.memory")):
            print(f"{'memory of ' + what:34} {memory(deployment.container(role)):8.0f} MB")
        print(f"{'memory of the front door':34} {memory(deployment.door):8.0f} MB")
        member.stop()


def memory(container: Container) -> float:
    """MB that a container holds, without what the kernel may drop."""
    usage: Any = container.stats(stream=False)
    usage = usage["memory_stats"]
    stats = usage["stats"]
    cached = stats.get("total_inactive_file", stats.get("inactive_file", 0))
    return (usage["usage"] - cached) / 1e6


def measure_further_hubs(deployment: Deployment) -> None:
    one = deployment.file.read_text()

    def hubs(count: int) -> None:
        def edit(config: dict[str, Any]) -> None:
            first = config["cyberhubs:hubs"]["core"]
            config["cyberhubs:hubs"] |= {f"hub{n}": first for n in range(1, count)}

        deployment.write(one)
        deployment.edit(edit)

    added = []
    for _ in range(3):
        hubs(2)
        added.append(timed(deployment.make, "up"))
        deployment.write(one)
        deployment.make("up")
    show("make up, one more hub", added)
    progress(f"bringing up {HUBS} hubs")
    hubs(HUBS)
    show(f"make up, {HUBS - 1} more hubs at once", [timed(deployment.make, "up")])
    unchanged = [timed(deployment.make, "up") for _ in range(RUNS)]
    show(f"make up, no change, {HUBS} hubs", unchanged)
    further = [
        memory(deployment.container("hub", f"hub{n}"))
        + memory(deployment.container("proxy", f"hub{n}"))
        for n in range(1, HUBS)
    ]
    print(f"{'memory of each further hub':34} {sum(further) / len(further):8.0f} MB")
    print(f"{f'memory of the door of {HUBS} hubs':34} {memory(deployment.door):8.0f} MB")
    deployment.write(one)


def bare_starts(deployment: Deployment, count: int) -> list[float]:
    """Seconds from the start of each of `count` containers of the hub's own application to its answer."""
    applications = json.loads(deployment.menu)
    image = applications[0]["image"]
    command = ["jupyter", "lab", "--ip=0.0.0.0", "--port=8888", "--ServerApp.token="]
    started: list[Container] = []

    def start(_: int) -> float:
        began = time.monotonic()
        container = deployment.engine.containers.run(
            image, command, detach=True, user="12345:12346", environment={"HOME": "/home/user"},
            mem_limit="1g", nano_cpus=2 * 10**9, pids_limit=256,
        )  # fmt: skip
        started.append(container)
        container.reload()
        address = next(iter(container.attrs["NetworkSettings"]["Networks"].values()))["IPAddress"]
        while not _answers(f"http://{address}:8888/api"):
            time.sleep(0.02)
        return time.monotonic() - began

    try:
        with ThreadPoolExecutor(count) as threads:
            return list(threads.map(start, range(count)))
    finally:
        for container in started:
            container.remove(force=True)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def make_empty_program(deployment: Deployment, directory: Path) -> Callable[..., None]:
    """A stack without any resource, with the same engine, language host and virtual environment."""
    directory.mkdir()
    (directory / ".venv").symlink_to(deployment.directory / ".venv")
    (directory / "Pulumi.yaml").write_text(
        "name: empty\nruntime: {name: python, options: {virtualenv: .venv}}\n"
    )
    (directory / "__main__.py").write_text("import pulumi\n")
    enter = f'eval "$(make -s -C {deployment.directory} env)" && cd {directory} && exec pulumi "$@"'

    def pulumi(*arguments: str) -> None:
        subprocess.run(
            ["bash", "-c", enter, "bash", *arguments],
            env=deployment.environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    pulumi("stack", "init", "empty")
    return pulumi


if __name__ == "__main__":
    with run.running():
        main()
    run.forget()
