"""What the official plugin answers to all that the program asks of it, and what ours does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.docker.common import CHECK, CONTAINER, NAME, NETWORK
from tests.support.answers import Answers, answers, ask
from tests.support.plugin_client import Plugin, Values
from tests.support.plugin_suite import Made

pytestmark = pytest.mark.slow

LABELS = [{"label": "cyberhubs.stack", "value": "x"}, {"label": "cyberhubs.role", "value": "hub"}]
NETWORK_INPUTS = {
    "name": f"{NAME}-all",
    "driver": "bridge",
    "labels": LABELS,
    "options": {"com.docker.network.driver.mtu": "1400"},
}
NETWORK_CHANGES: Values = {
    "name": "other",
    "driver": "macvlan",
    "labels": LABELS[:1],
    "options": {"com.docker.network.driver.mtu": "1450"},
}
CONTAINER_INPUTS: Values = {
    "name": f"{NAME}-all",
    "labels": LABELS,
    "user": "1000:1000",
    "init": True,
    "readOnly": True,
    "capabilities": {"drops": ["ALL"]},
    "securityOpts": ["no-new-privileges"],
    "logOpts": {"max-size": "1m"},
    "groupAdds": ["44"],
    "envs": ["A=1"],
    "ports": [{"internal": 8000, "external": 18417, "ip": "127.0.0.1"}],
    "tmpfs": {"/tmp": "size=1m"},
    "sysctls": {"net.ipv4.tcp_syn_retries": "2"},
    "healthcheck": CHECK,
}
CONTAINER_CHANGES: Values = {
    "name": "other",
    "image": "sha256:" + "0" * 64,
    "labels": LABELS[:1],
    "user": "1:1",
    "init": False,
    "readOnly": False,
    "capabilities": {"drops": ["NET_RAW"]},
    "securityOpts": None,
    "restart": "no",
    "memory": 96,
    "memorySwap": 96,
    "destroyGraceSeconds": 2,
    "logDriver": "local",
    "logOpts": {"max-size": "2m"},
    "networksAdvanced": [{"name": NAME, "aliases": ["other"]}],
    "groupAdds": ["45"],
    "envs": ["A=2"],
    "ports": [{"internal": 8001, "external": 18417, "ip": "127.0.0.1"}],
    "mounts": [{"type": "bind", "source": "/mnt", "target": "/data", "readOnly": True}],
    "tmpfs": {"/tmp": "size=2m"},
    "sysctls": {"net.ipv4.tcp_syn_retries": "3"},
    "healthcheck": {**CHECK, "retries": 4},
}


@pytest.fixture(scope="module")
def known(plugin: Plugin) -> Iterator[Answers]:
    with answers(plugin, __file__) as known:
        yield known


def inputs(token: str, sleeper: Any, folder: Path) -> Values:
    if token == NETWORK:
        options = {"com.docker.network.driver.mtu": "1400"}
        return {"name": f"{NAME}-all", "driver": "bridge", "labels": LABELS, "options": options}
    return sleeper(
        name=f"{NAME}-all",
        labels=LABELS,
        user="1000:1000",
        init=True,
        readOnly=True,
        capabilities={"drops": ["ALL"]},
        securityOpts=["no-new-privileges"],
        logOpts={"max-size": "1m"},
        groupAdds=["44"],
        envs=["A=1"],
        ports=[{"internal": 8000, "external": 8000, "ip": "127.0.0.1"}],
        mounts=[{"type": "bind", "source": str(folder), "target": "/data", "readOnly": True}],
        tmpfs={"/tmp": "size=1m"},
        sysctls={"net.ipv4.tcp_syn_retries": "2"},
        healthcheck=CHECK,
    )


def test_of_a_network(plugin: Plugin, made: Made, known: Answers) -> None:
    one = made(NETWORK, NETWORK_INPUTS)
    pool = one[1]["ipamConfigs"][0]
    own = {NAME: "NAME", pool["subnet"]: "SUBNET", pool["gateway"]: "GATEWAY"}
    ask(known, plugin, NETWORK, one, NETWORK_CHANGES, own)


def test_of_a_container(
    plugin: Plugin, made: Made, known: Answers, sleeper: Any, tmp_path: Path
) -> None:
    given = sleeper(
        **CONTAINER_INPUTS,
        mounts=[{"type": "bind", "source": str(tmp_path), "target": "/data", "readOnly": True}],
    )
    one = made(CONTAINER, given)
    own = {one[0][:12]: "ID", NAME: "NAME", str(tmp_path): "/FOLDER", given["image"]: "IMAGE"}
    for place in one[1]["networkDatas"]:
        own |= {place[what]: what for what in ("ipAddress", "gateway", "macAddress")}
        place["ipPrefixLength"] = "ipPrefixLength"  # the pool's that the engine has left
    ask(known, plugin, CONTAINER, one, CONTAINER_CHANGES, own)
