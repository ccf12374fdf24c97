"""The inputs of a container."""

import re

from offline.plugins.inputs import Input, MapOf, SetOf, one_of

UNITS_NS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


def at_least(least: int):
    def rule(value: int) -> str | None:
        return None if value >= least else f"is {value}; it must be at least {least}"

    return rule


def nanoseconds(duration: str) -> int:
    """Go's notation: "1m30s"."""
    parts = re.findall(r"(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)", duration)
    if "".join(map("".join, parts)) != duration:
        raise ValueError(duration)
    return round(sum(float(number) * UNITS_NS[unit] for number, unit in parts))


def _duration_rule(value: str) -> str | None:
    try:
        nanoseconds(value)
    except ValueError:
        return f"is '{value}'; give a duration such as 30s or 1m30s"
    return None


DURATION = Input(str, required=True, rule=_duration_rule)
PORT = {
    "internal": Input(int, required=True),
    "external": Input(int, required=True),
    "ip": Input(str, required=True),
}
MOUNT = {
    "target": Input(str, required=True),
    "type": Input(str, required=True, rule=one_of("bind")),
    "source": Input(str, required=True),
    "readOnly": Input(bool),
}
HEALTHCHECK = {
    "tests": Input([str], required=True),
    "interval": DURATION,
    "timeout": DURATION,
    "startPeriod": DURATION,
    "retries": Input(int, required=True, rule=at_least(1)),
}
INPUTS = {
    "name": Input(str, required=True, replace=True),
    "image": Input(str, required=True, replace=True),
    "labels": Input(
        SetOf({"label": Input(str, required=True), "value": Input(str, required=True)}),
        replace=True,
    ),
    "envs": Input(SetOf(str), replace=True, computed=True),
    "user": Input(str, replace=True),
    "groupAdds": Input(SetOf(str), replace=True),
    "init": Input(bool),
    "readOnly": Input(bool, replace=True),
    "capabilities": Input({"drops": Input(SetOf(str))}, replace=True),
    "securityOpts": Input(SetOf(str), replace=True, computed=True),
    "networksAdvanced": Input(
        SetOf({"name": Input(str, required=True), "aliases": Input(SetOf(str))}),
        required=True,
        replace=True,
    ),
    "ports": Input([PORT], replace=True),
    "mounts": Input(SetOf(MOUNT)),
    "tmpfs": Input(MapOf(str)),
    "sysctls": Input(MapOf(str), replace=True),
    "healthcheck": Input(HEALTHCHECK),
    "logDriver": Input(str, required=True, replace=True),
    "logOpts": Input(MapOf(str), replace=True),
    # What the engine changes in a running one.
    "restart": Input(str, required=True, rule=one_of("no", "always", "unless-stopped")),
    "memory": Input(int, required=True, rule=at_least(6)),
    "memorySwap": Input(int, required=True, rule=at_least(6)),
    # What only says how this plugin acts.
    "destroyGraceSeconds": Input(int, required=True, rule=at_least(1)),
}
