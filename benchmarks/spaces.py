"""A start with many data spaces, beside the same hub's without any."""

from pathlib import Path
from typing import Any

from benchmarks.images import start_once
from benchmarks.report import progress, show
from tests.support.deployment import Deployment
from tests.support.member import Member

SPACES = 10
STARTS = 10
ACCESS = ("read-only", "read-write", "private")


def measure_spaces(deployment: Deployment, directory: Path) -> None:
    progress(f"measuring starts with {SPACES} data spaces")
    before = deployment.file.read_text()
    spaces = []
    for number in range(SPACES):
        source = directory / str(number)
        source.mkdir(parents=True)
        source.chmod(0o777)
        access = ACCESS[number % len(ACCESS)]
        spaces.append({"source": str(source), "target": f"/space{number}", "access": access})

    def add_hub(config: dict[str, Any]) -> None:
        hubs = config["cyberhubs:hubs"]
        hubs["spaces"] = {**hubs["core"], "data": spaces}

    deployment.edit(add_hub)
    deployment.make("up")
    with (
        Member(deployment.hub_url("spaces"), "spaces") as many,
        Member(deployment.url, "spaces") as none,
    ):
        many.sign_in(deployment.password_of("spaces"))
        none.sign_in(deployment.password)
        pairs = [(start_once(many), start_once(none)) for _ in range(STARTS)]
    ours, theirs = zip(*pairs, strict=True)
    show(f"one server, {SPACES} data spaces", ours, against=theirs, beside="without any")
    deployment.write(before)
    deployment.make("up")
