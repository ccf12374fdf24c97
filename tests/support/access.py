"""Who may be in a hub, as tests say it and see it."""

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cyberhubs_hub.shared.access_rules import AccessLists

from tests.support.deployment import Deployment
from tests.support.member import Member


@contextmanager
def at_work(deployment: Deployment, name: str, kind: type[Member] = Member) -> Iterator[Member]:
    with kind(deployment.url, name) as member:
        member.sign_in(deployment.password).stop()  # what a test before has left
        member.start()
        yield member


def server_of(deployment: Deployment, name: str) -> str:
    return f"cyberhubs.{deployment.stack}.core.user.{name}"


def say(deployment: Deployment, **access: Any) -> None:
    """The stack file's lists with some others."""

    def edit(config: dict[str, Any]) -> None:
        lists = config["cyberhubs:hubs"]["core"]["access"]
        for key, value in access.items():
            lists[key] = value

    deployment.edit(edit)


def list_of(deployment: Deployment) -> Path:
    """The file that its hub reads."""
    return deployment.data / "hubs/core/live/access"


def change(file: Path, **lists: Any) -> None:
    """Some of its lists, without an update."""
    before = AccessLists.from_text(file.read_text())
    replace(file, dataclasses.replace(before, **lists).to_text())


def replace(file: Path, text: str) -> None:
    new = file.with_name(".new")
    new.write_text(text)
    new.replace(file)


def audited(deployment: Deployment, event: str) -> list[dict[str, Any]]:
    file = deployment.data / "hubs/core/state/audit.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return [line for line in lines if line["event"] == event]


def has_lost_access(deployment: Deployment, member: Member) -> bool:
    pages = (f"{deployment.url}hub/home", f"{member.server}lab")
    return server_of(deployment, member.name) not in deployment.containers() and all(
        "/hub/login" in str(member.http.get(page).url) for page in pages
    )
