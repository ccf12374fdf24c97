"""The inputs of a server, and what of them the compute service is asked for."""

import base64
import hashlib
from typing import Any

from offline.plugins.inputs import Input, MapOf, SetOf, one_of
from offline.plugins.resource import Values

# states of which nobody asks for a way back
PASSING = ("build", "error", "hard_reboot", "migrating", "password", "reboot")
SOURCES = ("blank", "image", "snapshot", "volume")


def user_data_hash(text: str) -> str:
    """What the state holds instead: as the official plugin, so that a stack can go from one on."""
    return hashlib.sha1(text.encode()).hexdigest()


NETWORK = {
    "port": Input(str, computed=True),
    "uuid": Input(str, computed=True),
    "name": Input(str, computed=True),
    "fixedIpV4": Input(str, computed=True),
}
BLOCK_DEVICE = {
    "uuid": Input(str),
    "sourceType": Input(str, required=True, rule=one_of(*SOURCES)),
    "destinationType": Input(str, required=True, rule=one_of("local", "volume")),
    "volumeSize": Input(int),
    "volumeType": Input(str),
    "bootIndex": Input(int),
    "deleteOnTermination": Input(bool, default=False),
}
INPUTS = {
    "name": Input(str, autoname=True),
    "flavorId": Input(str, computed=True),
    "flavorName": Input(str, computed=True),
    "imageId": Input(str, computed=True),
    "imageName": Input(str, computed=True),
    "keyPair": Input(str, replace=True),
    "userData": Input(str, replace=True, same=lambda old, new: old in (new, user_data_hash(new))),
    "networks": Input([NETWORK], replace=True, computed=True),
    "securityGroups": Input(SetOf(str), computed=True),
    "blockDevices": Input([BLOCK_DEVICE], replace=True),
    "metadata": Input(MapOf(str)),
    "configDrive": Input(bool, replace=True),
    "availabilityZone": Input(
        str, computed=True, replace=True, same=lambda old, new: old == new.split(":")[0]
    ),
    "stopBeforeDestroy": Input(bool, default=False),
    "powerState": Input(
        str,
        default="active",
        rule=one_of("active", "shutoff"),
        same=lambda old, new: old in PASSING,
    ),
}
OUTPUTS = {
    "accessIpV4": str,
    "accessIpV6": str,
    "allMetadata": MapOf(str),
    "created": str,
    "region": str,
}
# what the official plugin does in place: a resize and a rebuild, by a word for each
IN_PLACE = {
    "flavorId": "resize",
    "flavorName": "resize",
    "imageId": "rebuild",
    "imageName": "rebuild",
}


def wrong(inputs: Values) -> dict[str, str]:
    """Reason by input."""
    problems = {}
    if "flavorId" not in inputs and "flavorName" not in inputs:
        problems["flavorId"] = "'flavorId' or 'flavorName' must be given"
    devices = inputs.get("blockDevices") or []
    if needs_image(devices) and "imageId" not in inputs and "imageName" not in inputs:
        problems["imageId"] = "'imageId', 'imageName' or a 'blockDevices' to boot must be given"
    for i, device in enumerate(devices if isinstance(devices, list) else []):
        if not isinstance(device, dict):
            continue
        source, target = device.get("sourceType"), device.get("destinationType")
        path = f"blockDevices[{i}]"
        if source in SOURCES[1:] and "uuid" not in device:
            problems[f"{path}.uuid"] = f"'{path}.uuid' must be given for the source {source}"
        sized = (source, target) == ("image", "volume") or source == "blank"
        if sized and "volumeSize" not in device:
            problems[f"{path}.volumeSize"] = f"'{path}.volumeSize' must be given, in GB"
    for i, network in enumerate(given_networks(inputs)):
        if isinstance(network, dict) and not network.keys() & {"port", "uuid", "name"}:
            problems[f"networks[{i}]"] = f"'networks[{i}]' needs a port, a uuid or a name"
    return problems


def given_networks(inputs: Values) -> list[Any]:
    networks = inputs.get("networks")
    return networks if isinstance(networks, list) else []


def needs_image(devices: Any) -> bool:
    """Whether a server boots an image: without devices, or beside one that is local."""
    if not isinstance(devices, list):
        return False  # not known yet
    return not devices or any(
        isinstance(d, dict)
        and (d.get("sourceType"), d.get("destinationType")) == ("image", "local")
        for d in devices
    )


def body(inputs: Values, flavor: str, image: str | None, networks: Any) -> Values:
    """The request for a server, by the API's names."""
    request: Values = {
        "name": inputs["name"],
        "flavorRef": flavor,
        "networks": networks,
        "imageRef": image,
        "key_name": inputs.get("keyPair"),
        "availability_zone": inputs.get("availabilityZone"),
        "metadata": inputs.get("metadata"),
        "config_drive": inputs.get("configDrive"),
    }
    if "userData" in inputs:
        request["user_data"] = base64.b64encode(inputs["userData"].encode()).decode()
    if "securityGroups" in inputs:
        request["security_groups"] = [{"name": name} for name in inputs["securityGroups"]]
    if devices := inputs.get("blockDevices"):
        request["block_device_mapping_v2"] = [_device(device) for device in devices]
    return {key: value for key, value in request.items() if value is not None}


def _device(device: Values) -> Values:
    mapping = {
        "uuid": device.get("uuid"),
        "source_type": device["sourceType"],
        "destination_type": device["destinationType"],
        "volume_size": device.get("volumeSize"),
        "volume_type": device.get("volumeType"),
        "boot_index": device.get("bootIndex", 0),
        "delete_on_termination": device["deleteOnTermination"],
    }
    return {key: value for key, value in mapping.items() if value is not None}
