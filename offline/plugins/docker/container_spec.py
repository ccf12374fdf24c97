"""A container's inputs in the form of the engine's API."""

from offline.plugins.docker.container_inputs import nanoseconds
from offline.plugins.resource import Values

MIB = 1024 * 1024


def body(inputs: Values) -> Values:
    """What the engine's "create container" call takes."""
    ports = inputs.get("ports", [])
    return _given(
        {
            "Image": inputs["image"],
            "Env": inputs.get("envs"),
            "User": inputs.get("user"),
            "Labels": {item["label"]: item["value"] for item in inputs.get("labels", [])},
            "ExposedPorts": {_port(port): {} for port in ports},
            "Healthcheck": _healthcheck(inputs.get("healthcheck")),
            "HostConfig": _host_config(inputs),
        }
    )


def _host_config(inputs: Values) -> Values:
    bindings: dict[str, list[Values]] = {}
    for port in inputs.get("ports", []):
        binding = {"HostIp": port["ip"], "HostPort": str(port["external"])}
        bindings.setdefault(_port(port), []).append(binding)
    return limits(inputs) | _given(
        {
            "NetworkMode": "bridge",
            "PortBindings": bindings,
            "Mounts": [_mount(mount) for mount in inputs.get("mounts", [])],
            "Tmpfs": inputs.get("tmpfs"),
            "Sysctls": inputs.get("sysctls"),
            "ReadonlyRootfs": inputs.get("readOnly"),
            "Init": inputs.get("init"),
            "CapDrop": inputs.get("capabilities", {}).get("drops"),
            "SecurityOpt": inputs.get("securityOpts"),
            "GroupAdd": inputs.get("groupAdds"),
            "LogConfig": {"Type": inputs["logDriver"], "Config": inputs.get("logOpts", {})},
        }
    )


def limits(inputs: Values) -> Values:
    """What "update container" takes too."""
    return {
        "RestartPolicy": {"Name": inputs["restart"], "MaximumRetryCount": 0},
        "Memory": inputs["memory"] * MIB,
        "MemorySwap": inputs["memorySwap"] * MIB,
    }


def _given(values: Values) -> Values:
    return {name: value for name, value in values.items() if value not in (None, [], {})}


def _port(port: Values) -> str:
    return f"{port['internal']}/tcp"


def _healthcheck(check: Values | None) -> Values | None:
    return check and {
        "Test": check["tests"],
        "Interval": nanoseconds(check["interval"]),
        "Timeout": nanoseconds(check["timeout"]),
        "StartPeriod": nanoseconds(check["startPeriod"]),
        "Retries": check["retries"],
    }


def _mount(mount: Values) -> Values:
    return {
        "Type": mount["type"],
        "Source": mount["source"],
        "Target": mount["target"],
        "ReadOnly": mount.get("readOnly", False),
    }
