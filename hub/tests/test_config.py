import dataclasses
import json
from typing import Any

import pytest
from cyberhubs_hub.shared.config import ConfigError, HubConfig, Limits, Login, Mount

CONFIG = HubConfig(
    stack="local",
    name="core",
    title="Core hub – Ünïcode",
    prefix="/core/",
    network="cyberhubs.local.core",
    container_prefix="cyberhubs.local.core.user.",
    labels={"cyberhubs.stack": "local", "cyberhubs.hub": "core"},
    homes_path="/data/jupyterhub_users",
    passwd_path="/data/hubs/core/config/1/passwd",
    group_path="/data/hubs/core/config/1/group",
    labextension_path="/data/hubs/core/labextension",
    mounts=(Mount("/mnt/data", "/data", "read-only"), Mount("/mnt/user", "/user", "read-write")),
    uid=1000,
    gid=1000,
    limits=Limits(memory_bytes=2 * 2**30, cpus=1.5, pids=512),
    interface="choose",
    login=Login("password"),
    idle_timeout_s=3600,
    logo="logo.svg",
)


def altered(path: str, value: Any) -> str:
    """CONFIG's JSON with one value changed; `...` takes the key out."""
    raw = json.loads(CONFIG.to_json())
    *parents, key = path.split(".")
    inner = raw
    for parent in parents:
        inner = inner[int(parent) if isinstance(inner, list) else parent]
    if value is ...:
        del inner[key]
    else:
        inner[key] = value
    return json.dumps(raw)


def test_round_trip():
    assert HubConfig.from_json(CONFIG.to_json()) == CONFIG


def test_the_same_configuration_is_the_same_text():
    other = dataclasses.replace(
        CONFIG,
        labels=dict(sorted(CONFIG.labels.items(), reverse=True)),
        limits=Limits(2**31, 1.5, 512),
    )
    assert other.to_json() == CONFIG.to_json()
    whole, fraction = Limits(1, 1, 1), Limits(1, 1.0, 1)
    assert (
        dataclasses.replace(CONFIG, limits=whole).to_json()
        == dataclasses.replace(CONFIG, limits=fraction).to_json()
    )


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("title", 5),
        ("title", ...),
        ("tittle", "x"),
        ("uid", "1000"),
        ("uid", True),
        ("uid", 1000.0),
        ("limits", None),
        ("limits.cpus", "2"),
        ("limits.disk", 5),
        ("limits.memory_bytes", 2.5),
        ("login.kind", "none"),
        ("interface", "rstudio"),
        ("mounts", {}),
        ("mounts.0.access", "yes"),
        ("mounts.0.source", ...),
        ("labels.a", 1),
        ("logo", False),
    ],
)
def test_what_is_not_understood_is_refused_by_name(path: str, value: Any):
    with pytest.raises(ConfigError, match=path.split(".")[0]):
        HubConfig.from_json(altered(path, value))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", CONFIG.to_json()[:-20]])
def test_broken_files_are_refused(text: str):
    with pytest.raises(ConfigError):
        HubConfig.from_json(text)


def test_values_that_may_be_left_open():
    config = HubConfig.from_json(altered("logo", None))
    assert config.logo is None
    assert HubConfig.from_json(altered("limits.cpus", 2)).limits.cpus == 2.0
