"""Rules about who gets into a hub."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from cyberhubs_hub.shared.access_rules import is_open

from cyberhubs.changes.hubs import hubs_of
from cyberhubs.changes.resource import Resource
from policy.stack import open_ports


def open_hub_stated(resources: Sequence[Resource]) -> Iterator[str]:
    for name, hub in hubs_of(resources).items():
        lists = hub.access
        if lists and is_open(lists, datetime.now(UTC)) and not (lists.everyone or lists.open_until):
            yield f"{name} admits everyone with an account, as no list says whom"


def password_on_loopback(resources: Sequence[Resource]) -> Iterator[str]:
    listens = open_ports(resources)
    for name, hub in hubs_of(resources).items():
        if listens and hub.config.get("login", {}).get("kind") == "password":
            yield f"{name} has login by password, and the front door listens on {', '.join(listens)}"
