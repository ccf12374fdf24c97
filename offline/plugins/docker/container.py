"""docker:index/container:Container."""

import time
from contextlib import suppress

from offline.plugins.docker.container_inputs import IN_PLACE, INPUTS
from offline.plugins.docker.container_spec import MIB, body, limits
from offline.plugins.docker.engine import Engine, sdk
from offline.plugins.docker.image import find, pull
from offline.plugins.inputs import ANY, Changes, change, empty
from offline.plugins.resource import Call, ProviderError, Resource, Values

SETTLE_S = 0.6  # a container that ends within this long was never up
POLL_S = 0.1
STATUS_EVERY_S = 2
LOG_LINES = 25

OUTPUTS = {
    "bridge": str,
    "containerLogs": str,
    "exitCode": int,
    "networkDatas": [ANY],
    # Inputs of the official plugin, with its defaults: it would take a state without them for another
    # container, and replace it.
    "attach": bool,
    "logs": bool,
}
META = '{"schema_version":"2"}'  # what the official plugin needs to go on from our state


class Container(Resource):
    inputs = INPUTS
    outputs = OUTPUTS
    delete_before_replace = True

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def changes(self, state: Values, inputs: Values) -> Changes:
        """The engine cannot take a limit off a container it made."""
        return {
            name: change(state[name], None, replace=True)
            for name in IN_PLACE.keys() - {"restart", "maxRetryCount"}
            if not empty(state.get(name)) and empty(inputs.get(name))
        }

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        name, image = inputs["name"], inputs["image"]
        if find(self._engine, image) is None:
            if image.startswith("sha256:"):
                raise ProviderError(
                    f"container {name} needs image {image}, which the engine does not have; "
                    "run `pulumi refresh` so that it is built or pulled again"
                )
            pull(self._engine, call, image, inputs.get("platform"))
        client = self._engine.client
        with self._engine.errors(f"create container {name}"):
            made = client.create_container_from_config(body(inputs), name, inputs.get("platform"))
        id = made["Id"]
        try:
            with self._engine.errors(f"start container {name}"):
                self._connect(id, inputs)
                if inputs["start"]:
                    client.start(id)
                    self._settle(call, id, inputs)
            return id, self.read(call, id, inputs) or {}
        except BaseException:
            # nothing half-made may block the name for the next run
            with suppress(sdk().errors.DockerException):
                client.remove_container(id, v=inputs["removeVolumes"], force=True)
            raise

    def _connect(self, id: str, inputs: Values) -> None:
        networks = inputs.get("networksAdvanced")
        if networks and inputs["networkMode"] == "bridge":
            self._engine.client.disconnect_container_from_network(id, "bridge")
        for network in networks or []:
            self._engine.client.connect_container_to_network(
                id,
                network["name"],
                aliases=network.get("aliases"),
                ipv4_address=network.get("ipv4Address"),
                ipv6_address=network.get("ipv6Address"),
            )

    def _settle(self, call: Call, id: str, inputs: Values) -> None:
        """Wait until it stays up and, if asked, is healthy; else fail with its log's end."""
        name, began, said = inputs["name"], time.monotonic(), 0.0
        while True:
            found = self._engine.client.inspect_container(id)
            state = found["State"]
            waited = time.monotonic() - began
            if inputs["mustRun"] and (not state["Running"] or state["Restarting"]):
                reason = f"exited immediately with code {state['ExitCode']}{_oom(state)}"
                raise ProviderError(f"container {name} {reason}; {self._log_end(id)}")
            if not inputs["wait"]:
                if waited > SETTLE_S or not inputs["mustRun"]:
                    return
            elif "Health" not in state:
                raise ProviderError(
                    f"container {name} is to be waited for, but neither it nor its image has a "
                    "healthcheck; give one or leave out 'wait'"
                )
            elif state["Health"]["Status"] == "healthy":
                return
            elif waited > inputs["waitTimeout"] or call.cancelled.is_set():
                raise ProviderError(
                    f"container {name} was not healthy after {waited:.0f} s "
                    f"({_last_check(state)}); {self._log_end(id)}"
                )
            elif waited > said + STATUS_EVERY_S:
                said = waited
                call.log(f"not healthy after {waited:.0f} s, waiting", ephemeral=True)
            time.sleep(POLL_S)

    def _log_end(self, id: str) -> str:
        try:
            log = self._engine.client.logs(id, tail=LOG_LINES).decode(errors="replace").rstrip()
        except Exception:  # log drivers that cannot be read from
            return "its log cannot be read"
        return "its log ends with:\n" + log if log else "it logged nothing"

    def read(self, call: Call, id: str, state: Values) -> Values | None:
        if not state:
            raise ProviderError("importing a container needs the official docker plugin")
        with self._engine.errors(f"read container {state.get('name', id)}"):
            try:
                found = self._engine.client.inspect_container(id)
            except sdk().errors.NotFound:
                return None
        config, host, settings = found["Config"], found["HostConfig"], found["NetworkSettings"]
        running = found["State"]["Running"]
        values = {
            "__meta": META,
            "attach": False,
            "logs": False,
            "command": config["Cmd"] or [],
            "entrypoints": config["Entrypoint"] or [],
            "envs": state.get("envs", []),
            "platform": found["Platform"],
            "name": found["Name"].removeprefix("/"),
            "hostname": config["Hostname"],
            "init": bool(host.get("Init")),
            "ipcMode": host["IpcMode"],
            "logDriver": host["LogConfig"]["Type"],
            "runtime": host["Runtime"],
            "shmSize": host["ShmSize"] // MIB,
            "stopSignal": config.get("StopSignal"),
            "stopTimeout": config.get("StopTimeout"),
            "bridge": settings.get("Bridge", ""),
            "networkDatas": [_network_data(*item) for item in settings["Networks"].items()],
            "exitCode": None if running else found["State"]["ExitCode"],
            # a container that stopped shows as a change, whose update starts it
            "mustRun": state.get("mustRun", True) and (running or not state.get("start", True)),
        }
        if check := state.get("healthcheck"):
            values["healthcheck"] = {"startInterval": "0s", **check}
        if "ports" in state:
            values["ports"] = _ports(state["ports"], settings["Ports"])
        now = {
            "restart": host["RestartPolicy"]["Name"] or "no",
            "maxRetryCount": host["RestartPolicy"]["MaximumRetryCount"],
            "memory": host["Memory"] // MIB,
            "memorySwap": max(host["MemorySwap"] // MIB, -1),
            "memoryReservation": host["MemoryReservation"] // MIB,
            "cpuShares": host["CpuShares"],
            "cpuSet": host["CpusetCpus"],
            "cpuPeriod": host["CpuPeriod"],
            "cpuQuota": host["CpuQuota"],
        }
        values |= {name: now[name] for name in IN_PLACE if name in state}
        return {name: value for name, value in values.items() if value is not None}

    def update(self, call: Call, id: str, state: Values, inputs: Values) -> Values:
        new = limits(inputs)
        with self._engine.errors(f"update container {inputs['name']}"):
            self._engine.client.update_container(
                id,
                mem_limit=new["Memory"],
                memswap_limit=new["MemorySwap"],
                mem_reservation=new["MemoryReservation"],
                cpu_shares=new["CpuShares"],
                cpuset_cpus=new["CpusetCpus"],
                cpu_period=new["CpuPeriod"],
                cpu_quota=new["CpuQuota"],
                restart_policy=new["RestartPolicy"],
            )
            found = self._engine.client.inspect_container(id)
            if inputs["mustRun"] and inputs["start"] and not found["State"]["Running"]:
                self._engine.client.start(id)
                self._settle(call, id, inputs)
        return self.read(call, id, inputs) or {}

    def delete(self, call: Call, id: str, state: Values) -> None:
        client, grace = self._engine.client, state.get("destroyGraceSeconds", 0)
        with self._engine.errors(f"remove container {state.get('name', id)}"):
            try:
                if grace > 0:
                    client.stop(id, timeout=grace)
                client.remove_container(id, v=state.get("removeVolumes", True), force=True)
            except sdk().errors.NotFound:
                return
            except sdk().errors.APIError as error:
                if "is already in progress" not in str(error):
                    raise
                client.wait(id, condition="removed")


def _oom(state: Values) -> str:
    return " (it ran out of memory)" if state["OOMKilled"] else ""


def _last_check(state: Values) -> str:
    log = state["Health"].get("Log") or []
    if not log:
        return "no check has ended yet"
    output = log[-1]["Output"].strip()[-500:]
    return f"the last check ended with {log[-1]['ExitCode']}: {output}"


def _network_data(name: str, settings: Values) -> Values:
    return {
        "networkName": name,
        "ipAddress": settings["IPAddress"],
        "ipPrefixLength": settings["IPPrefixLen"],
        "gateway": settings["Gateway"],
        "globalIpv6Address": settings["GlobalIPv6Address"],
        "globalIpv6PrefixLength": settings["GlobalIPv6PrefixLen"],
        "ipv6Gateway": settings["IPv6Gateway"],
        "macAddress": settings["MacAddress"],
    }


def _ports(given: list[Values], bound: Values) -> list[Values]:
    """The given ports; where the engine chose the outer one, with its choice."""
    ports = []
    for port in given:
        bindings = bound.get(f"{port['internal']}/{port['protocol']}") or []
        chosen = next((b["HostPort"] for b in bindings if b["HostIp"] == port["ip"]), None)
        external = port.get("external") or (chosen and int(chosen))
        ports.append(port | ({"external": external} if external else {}))
    return ports
