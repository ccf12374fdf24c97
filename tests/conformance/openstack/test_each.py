"""What holds for each type of resource, from its creation to its end."""

import json
import re
from collections.abc import Iterator

import pytest
from openstack.connection import Connection

from components.changes import IN_PLACE
from tests.conformance.openstack.common import (
    ADDRESS,
    ADDRESS_OF_PORT,
    GROUP,
    NAME,
    NETWORK,
    NOBODY,
    PORT,
    PUBLIC_KEY,
    ROUTER,
    SERVER,
    SUBNET,
    VOLUME,
    Program,
    unchanged,
)
from tests.support.answers import Answers, answers, ask
from tests.support.plugin_client import UNKNOWN, Plugin, Values
from tests.support.plugin_suite import ours, refused

pytestmark = pytest.mark.slow

each = pytest.mark.parametrize(
    "token",
    [token for token in IN_PLACE if token.startswith("openstack:")],
    ids=lambda token: token.split(":")[-1],
)

DEVICE = {
    "uuid": NOBODY,
    "sourceType": "image",
    "destinationType": "volume",
    "volumeSize": 9,
    "bootIndex": 0,
    "deleteOnTermination": True,
}
# another value for each input
OTHER: Values = {
    "adminStateUp": False,
    "blockDevices": [DEVICE],
    "cidr": "10.78.0.0/24",
    "deleteDefaultRules": False,
    "description": "two",
    "direction": "egress",
    "enableOnlineResize": True,  # the program gives no other
    "ethertype": "IPv6",
    "externalNetworkId": NOBODY,
    "flavorId": "other",
    "floatingIp": "192.0.2.1",
    "imageId": NOBODY,
    "instanceId": NOBODY,
    "ipVersion": 6,
    "keyPair": "other",
    "name": f"{NAME}-other",
    "networkId": NOBODY,
    "networks": [{"port": NOBODY}],
    "pool": "other",
    "portId": NOBODY,
    "portRangeMax": 443,
    "portRangeMin": 1,
    "protocol": "udp",
    "publicKey": PUBLIC_KEY.replace("Mzo", "Mzp"),
    "remoteIpPrefix": "10.0.0.0/8",
    "routerId": NOBODY,
    "securityGroupId": NOBODY,
    "securityGroupIds": [NOBODY],
    "size": 2,
    "stopBeforeDestroy": False,
    "subnetId": NOBODY,
    "userData": UNKNOWN,
    "volumeId": NOBODY,
}
# what each service calls what is looked at below, and under which names it shows it
SHOWN = {
    ADDRESS: ("network", "ip"),
    GROUP: ("network", "security_group"),
    NETWORK: ("network", "network"),
    PORT: ("network", "port"),
    ROUTER: ("network", "router"),
    SERVER: ("compute", "server"),
    SUBNET: ("network", "subnet"),
    VOLUME: ("block_storage", "volume"),
}
AS = {"adminStateUp": "is_admin_state_up", "description": "description", "name": "name"}
# Texts of a state that each run has its own of.
OWN = {
    rf"{NAME}-[0-9]+": "NAME",
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}": "ID",
    r"[0-9a-f]{32}": "ID",
    r"[0-9]+(\.[0-9]+){3}": "ADDRESS",
    r"([0-9a-f]{2}:){5}[0-9a-f]{2}": "MAC",
    r"[0-9-]{10}[ T][0-9:]{8}[^\"]*": "TIME",
}


# Numbers and words that the cloud gives, which the official plugin does not miss in a state of ours.
NOT_KEPT = {"created", "distributed", "dnsPublishFixedIp", "transparentVlan", "updated"}


@pytest.fixture(scope="module")
def known(plugin: Plugin) -> Iterator[Answers]:
    with answers(plugin, __file__) as known:
        yield known


def own(state: Values) -> dict[str, str]:
    text = json.dumps(state, default=str)
    return {found[0]: name for form, name in OWN.items() for found in re.finditer(form, text)}


@each
def test_made_changed_and_deleted(
    plugin: Plugin, made: Program, demo: Connection, known: Answers, token: str
) -> None:
    id, state, checked = made(token)
    assert unchanged(plugin, token, id, state, checked)
    kept = {name: value for name, value in state.items() if name not in NOT_KEPT}
    ask(known, plugin, token, (id, kept, checked), OTHER, own(state))

    if change := {name: OTHER[name] for name in IN_PLACE[token] if name in AS}:
        checked |= change
        state = plugin.update(token, id, state, checked)
        service, noun = SHOWN[token]
        found = getattr(getattr(demo, service), f"get_{noun}")(id)
        assert {name: getattr(found, AS[name]) for name in change} == change
        assert unchanged(plugin, token, id, state, checked)

    plugin.delete(token, id, state)
    plugin.delete(token, id, state)  # gone already
    # an association goes, and its floating IP, whose id it has, stays
    gone = id if token == ADDRESS_OF_PORT else ""
    assert plugin.read(token, id, state, checked)[0] == gone


@ours
@each
def test_unknown_input_is_refused_by_name(plugin: Plugin, token: str) -> None:
    reason = refused(plugin, token, {"valueSpecs": {"a": "b"}})["valueSpecs"]
    assert "'valueSpecs' is not carried out by this plugin" in reason


def test_preview_knows_what_will_be_known(plugin: Plugin) -> None:
    inputs = {
        "name": "a", "networkId": UNKNOWN, "securityGroupIds": UNKNOWN, "adminStateUp": True
    }  # fmt: skip
    id, state = plugin.create(PORT, plugin.check(PORT, inputs), preview=True)
    assert id == "" and state["name"] == "a"
    assert state["networkId"] == state["securityGroupIds"] == UNKNOWN
