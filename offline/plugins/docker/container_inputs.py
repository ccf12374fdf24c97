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


def _cpus_rule(value: str) -> str | None:
    return None if re.fullmatch(r"\d+(\.\d+)?", value) else f"is '{value}'; give a number of CPUs"


def _cpu_set_rule(value: str) -> str | None:
    good = re.fullmatch(r"\d+([,-]\d+)*", value)
    return None if good else f"is '{value}'; give CPUs as 0-2 or 0,1"


LABEL = {"label": Input(str, required=True), "value": Input(str, required=True)}
DURATION = Input(str, default="0s", rule=_duration_rule)

PORT = {
    "internal": Input(int, required=True),
    "external": Input(int, computed=True),
    "ip": Input(str, default="0.0.0.0"),
    "protocol": Input(str, default="tcp", rule=one_of("tcp", "udp", "sctp")),
}
PROPAGATION = one_of("private", "rprivate", "shared", "rshared", "slave", "rslave")
MOUNT = {
    "target": Input(str, required=True),
    "type": Input(str, required=True, rule=one_of("bind", "volume", "tmpfs")),
    "source": Input(str),
    "readOnly": Input(bool),
    "bindOptions": Input({"propagation": Input(str, rule=PROPAGATION)}),
    "tmpfsOptions": Input({"sizeBytes": Input(int), "mode": Input(int)}),
    "volumeOptions": Input(
        {
            "noCopy": Input(bool),
            "labels": Input(SetOf(LABEL)),
            "driverName": Input(str),
            "driverOptions": Input(MapOf(str)),
        }
    ),
}
NETWORK = {
    "name": Input(str, required=True),
    "aliases": Input(SetOf(str)),
    "ipv4Address": Input(str),
    "ipv6Address": Input(str),
}
HEALTHCHECK = {
    "tests": Input([str]),
    "interval": DURATION,
    "timeout": DURATION,
    "startPeriod": DURATION,
    "startInterval": Input(str, computed=True, rule=_duration_rule),
    "retries": Input(int, default=0, rule=at_least(0)),
}
ULIMIT = {
    "name": Input(str, required=True),
    "soft": Input(int, required=True),
    "hard": Input(int, required=True),
}
DEVICE = {
    "hostPath": Input(str, required=True),
    "containerPath": Input(str),
    "permissions": Input(str),
}

# what the engine changes in a running container
IN_PLACE = {
    "restart": Input(
        str, default="no", rule=one_of("no", "on-failure", "always", "unless-stopped")
    ),
    "maxRetryCount": Input(int),
    "memory": Input(int, rule=at_least(0)),
    "memorySwap": Input(int, rule=at_least(-1)),
    "memoryReservation": Input(int, default=0, rule=at_least(0)),
    "cpuShares": Input(int, rule=at_least(0)),
    "cpuSet": Input(str, rule=_cpu_set_rule),
    "cpuPeriod": Input(int, rule=at_least(0)),
    "cpuQuota": Input(int, rule=at_least(0)),
}
# what only says how this plugin acts
BEHAVIOUR = {
    "mustRun": Input(bool, default=True),
    "start": Input(bool, default=True),
    "wait": Input(bool, default=False),
    "waitTimeout": Input(int, default=60),
    "destroyGraceSeconds": Input(int),
    "removeVolumes": Input(bool, default=True),
    "containerReadRefreshTimeoutMilliseconds": Input(int, default=15000),
}
FIXED = {
    "name": Input(str, replace=True, autoname=True),
    "image": Input(str, required=True, replace=True),
    "command": Input([str], replace=True, computed=True),
    "entrypoints": Input([str], replace=True, computed=True),
    "envs": Input(SetOf(str), replace=True, computed=True),
    "user": Input(str, replace=True),
    "groupAdds": Input(SetOf(str), replace=True),
    "hostname": Input(str, replace=True, computed=True),
    "domainname": Input(str, replace=True),
    "workingDir": Input(str, replace=True),
    "init": Input(bool, replace=True, computed=True),
    "rm": Input(bool, default=False, replace=True),
    "readOnly": Input(bool, default=False, replace=True),
    "privileged": Input(bool, replace=True),
    "tty": Input(bool, default=False, replace=True),
    "stdinOpen": Input(bool, default=False, replace=True),
    "publishAllPorts": Input(bool, replace=True),
    "tmpfs": Input(MapOf(str), replace=True),
    "capabilities": Input({"adds": Input(SetOf(str)), "drops": Input(SetOf(str))}, replace=True),
    "securityOpts": Input(SetOf(str), replace=True),
    "networkMode": Input(str, default="bridge", replace=True),
    "networksAdvanced": Input(SetOf(NETWORK), replace=True),
    "ports": Input([PORT], replace=True),
    "mounts": Input(SetOf(MOUNT), replace=True),
    "devices": Input(SetOf(DEVICE), replace=True),
    "labels": Input(SetOf(LABEL), replace=True),
    "cpus": Input(str, replace=True, rule=_cpus_rule),
    "shmSize": Input(int, replace=True, computed=True, rule=at_least(0)),
    "healthcheck": Input(HEALTHCHECK, replace=True),
    "logDriver": Input(str, replace=True, computed=True),
    "logOpts": Input(MapOf(str), replace=True),
    "stopSignal": Input(str, replace=True, computed=True),
    "stopTimeout": Input(int, replace=True, computed=True),
    "ulimits": Input(SetOf(ULIMIT), replace=True),
    "sysctls": Input(MapOf(str), replace=True),
    "storageOpts": Input(MapOf(str), replace=True),
    "hosts": Input(
        SetOf({"host": Input(str, required=True), "ip": Input(str, required=True)}), replace=True
    ),
    "dns": Input(SetOf(str), replace=True),
    "dnsOpts": Input(SetOf(str), replace=True),
    "dnsSearches": Input(SetOf(str), replace=True),
    "ipcMode": Input(str, replace=True, computed=True),
    "pidMode": Input(str, replace=True),
    "usernsMode": Input(str, replace=True),
    "cgroupnsMode": Input(str, replace=True),
    "cgroupParent": Input(str, replace=True),
    "runtime": Input(str, replace=True, computed=True),
    "platform": Input(str, replace=True, computed=True),
}
INPUTS = FIXED | IN_PLACE | BEHAVIOUR
