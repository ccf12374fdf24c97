"""A container's inputs in the form of the engine's API."""

from typing import Any

from offline.plugins.docker.container_inputs import nanoseconds
from offline.plugins.resource import Values

MIB = 1024 * 1024


def body(inputs: Values) -> Values:
    """What the engine's "create container" call takes."""
    ports = inputs.get("ports", [])
    return _given(
        {
            "Image": inputs["image"],
            "Cmd": inputs.get("command"),
            "Entrypoint": inputs.get("entrypoints"),
            "Env": inputs.get("envs"),
            "User": inputs.get("user"),
            "Hostname": inputs.get("hostname"),
            "Domainname": inputs.get("domainname"),
            "WorkingDir": inputs.get("workingDir"),
            "Tty": inputs["tty"],
            "OpenStdin": inputs["stdinOpen"],
            "Labels": _labels(inputs.get("labels")),
            "ExposedPorts": {_port(port): {} for port in ports},
            "Healthcheck": _healthcheck(inputs.get("healthcheck")),
            "StopSignal": inputs.get("stopSignal"),
            "StopTimeout": inputs.get("stopTimeout"),
            "HostConfig": _host_config(inputs),
        }
    )


def _host_config(inputs: Values) -> Values:
    capabilities = inputs.get("capabilities", {})
    bindings: dict[str, list[Values]] = {}
    for port in inputs.get("ports", []):
        binding = {"HostIp": port["ip"], "HostPort": str(port.get("external", 0))}
        bindings.setdefault(_port(port), []).append(binding)
    return limits(inputs) | _given(
        {
            "NetworkMode": inputs["networkMode"],
            "PortBindings": bindings,
            "PublishAllPorts": inputs.get("publishAllPorts"),
            "Mounts": [_mount(mount) for mount in inputs.get("mounts", [])],
            "Tmpfs": inputs.get("tmpfs"),
            "AutoRemove": inputs["rm"],
            "ReadonlyRootfs": inputs["readOnly"],
            "Privileged": inputs.get("privileged"),
            "Init": inputs.get("init"),
            "CapAdd": capabilities.get("adds"),
            "CapDrop": capabilities.get("drops"),
            "SecurityOpt": inputs.get("securityOpts"),
            "GroupAdd": inputs.get("groupAdds"),
            "Devices": [_device(device) for device in inputs.get("devices", [])],
            "Ulimits": [
                {"Name": limit["name"], "Soft": limit["soft"], "Hard": limit["hard"]}
                for limit in inputs.get("ulimits", [])
            ],
            "NanoCpus": round(float(inputs["cpus"]) * 10**9) if "cpus" in inputs else None,
            "ShmSize": inputs["shmSize"] * MIB if "shmSize" in inputs else None,
            "LogConfig": _log_config(inputs),
            "Dns": inputs.get("dns"),
            "DnsOptions": inputs.get("dnsOpts"),
            "DnsSearch": inputs.get("dnsSearches"),
            "ExtraHosts": [f"{entry['host']}:{entry['ip']}" for entry in inputs.get("hosts", [])],
            "Sysctls": inputs.get("sysctls"),
            "StorageOpt": inputs.get("storageOpts"),
            "IpcMode": inputs.get("ipcMode"),
            "PidMode": inputs.get("pidMode"),
            "UsernsMode": inputs.get("usernsMode"),
            "CgroupnsMode": inputs.get("cgroupnsMode"),
            "CgroupParent": inputs.get("cgroupParent"),
            "Runtime": inputs.get("runtime"),
        }
    )


def limits(inputs: Values) -> Values:
    """What "update container" takes too. Swap not given is as large as memory, as docker does."""
    memory, swap = inputs.get("memory", 0), inputs.get("memorySwap", 0)
    return {
        "RestartPolicy": {
            "Name": inputs["restart"],
            "MaximumRetryCount": inputs.get("maxRetryCount", 0),
        },
        "Memory": memory * MIB,
        "MemorySwap": (swap * MIB if swap > 0 else swap) or 2 * memory * MIB,
        "MemoryReservation": inputs.get("memoryReservation", 0) * MIB,
        "CpuShares": inputs.get("cpuShares", 0),
        "CpusetCpus": inputs.get("cpuSet", ""),
        "CpuPeriod": inputs.get("cpuPeriod", 0),
        "CpuQuota": inputs.get("cpuQuota", 0),
    }


def _given(values: Values) -> Values:
    return {name: value for name, value in values.items() if value not in (None, [], {})}


def _labels(labels: list[Values] | None) -> Values:
    return {item["label"]: item["value"] for item in labels or []}


def _port(port: Values) -> str:
    return f"{port['internal']}/{port['protocol']}"


def _healthcheck(check: Values | None) -> Any:
    if not check:
        return check
    interval = nanoseconds(check.get("startInterval", "0s"))
    return {
        "Test": check.get("tests"),
        "Interval": nanoseconds(check["interval"]),
        "Timeout": nanoseconds(check["timeout"]),
        "StartPeriod": nanoseconds(check["startPeriod"]),
        "Retries": check["retries"],
        **({"StartInterval": interval} if interval else {}),  # older engines know none
    }


def _mount(mount: Values) -> Values:
    bind, tmpfs, volume = (mount.get(f"{kind}Options") for kind in ("bind", "tmpfs", "volume"))
    return _given(
        {
            "Type": mount["type"],
            "Source": mount.get("source"),
            "Target": mount["target"],
            "ReadOnly": mount.get("readOnly", False),
            "BindOptions": bind and _given({"Propagation": bind.get("propagation")}),
            "TmpfsOptions": tmpfs
            and _given({"SizeBytes": tmpfs.get("sizeBytes"), "Mode": tmpfs.get("mode")}),
            "VolumeOptions": volume
            and _given(
                {
                    "NoCopy": volume.get("noCopy"),
                    "Labels": _labels(volume.get("labels")),
                    "DriverConfig": _given(
                        {"Name": volume.get("driverName"), "Options": volume.get("driverOptions")}
                    ),
                }
            ),
        }
    )


def _device(device: Values) -> Values:
    return {
        "PathOnHost": device["hostPath"],
        "PathInContainer": device.get("containerPath", device["hostPath"]),
        "CgroupPermissions": device.get("permissions", "rwm"),
    }


def _log_config(inputs: Values) -> Values:
    return {"Type": inputs.get("logDriver", ""), "Config": inputs.get("logOpts", {})}
