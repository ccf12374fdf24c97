"""Each kind of resource with all that the program ever says of it."""

import copy
import os
from functools import cache
from typing import Any
from unittest.mock import patch

from tests.support.stack_values import GITHUB
from tests.unit.recorder import PROJECT, Registered, config_of, record


def _of(stack: str, hub: dict[str, Any], **changes: Any) -> list[Registered]:
    """What a committed stack would register, with its hub and others of its keys changed."""
    config = copy.deepcopy(config_of(PROJECT / f"stacks/Pulumi.{stack}.yaml"))
    host = {**config["host"], **changes.pop("host", {})}
    config["hubs"]["core"].update(hub)
    graph = record({**config, **changes, "host": host}, stack=stack)
    components = ("cyberhubs:", "pulumi:pulumi:")
    return [r for r in graph.values() if not r.type.startswith(components)]


@cache
def everything() -> list[Registered]:
    domain: dict[str, Any] = {"domain": "hub.example.org", "tls": {"mode": "internal"}}
    app = {"login": GITHUB}
    team = {"teams": {"org:class": {"members": ["grace"]}}}
    with patch.dict(os.environ, GITHUB_TOKEN="token"):  # which the provider's SDK reads itself
        with_team = _of("server", app, **domain, **team)
    return [
        *_of("local", {}, metrics={"prometheus": {}}),
        *with_team,
        *_of("arbutus", app, **domain),
        *_of(
            "arbutus",
            {},
            host={
                "network": {"create": True, "externalNetwork": "Public"},
                "image": {"name": "Debian", "bootVolumeGb": 20},
            },
        ),
    ]
