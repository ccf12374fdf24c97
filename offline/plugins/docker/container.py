"""docker:index/container:Container."""

import time
from contextlib import suppress

from offline.plugins.docker.container_inputs import INPUTS
from offline.plugins.docker.container_spec import MIB, body, limits
from offline.plugins.docker.engine import Engine, sdk
from offline.plugins.inputs import Changes, change
from offline.plugins.resource import Call, ProviderError, Resource, Values

SETTLE_S = 0.6  # a container that ends within this long was never up
POLL_S = 0.1
LOG_LINES = 25

# Inputs of the official plugin that the program leaves to their defaults: it would take a state without
# them for another container, and replace it.
DEFAULTS = {
    "attach": False,
    "containerReadRefreshTimeoutMilliseconds": 15000,
    "cpuShares": 0,
    "logs": False,
    "maxRetryCount": 0,
    "memoryReservation": 0,
    "networkMode": "bridge",
    "privileged": False,
    "publishAllPorts": False,
    "removeVolumes": True,
    "rm": False,
    "start": True,
    "stdinOpen": False,
    "tty": False,
    "wait": False,
    "waitTimeout": 60,
}
PORT_DEFAULTS = {"protocol": "tcp"}
CHECK_DEFAULTS = {"startInterval": "0s"}
META = '{"schema_version":"2"}'  # what the official plugin needs to go on from our state


class Container(Resource):
    inputs = INPUTS
    outputs = frozenset({
        "bridge", "command", "entrypoints", "exitCode", "hostname", "ipcMode",
        "mustRun", "networkDatas", "platform", "runtime", "shmSize", "stopSignal", "stopTimeout",
        "workingDir",
    })  # fmt: skip

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def changes(self, state: Values, inputs: Values) -> Changes:
        """One that stopped is started by an update."""
        return {} if state.get("mustRun", True) else {"mustRun": change(False, True, replace=False)}

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        name = inputs["name"]
        client = self._engine.client
        with self._engine.errors(f"create container {name}"):
            try:
                id = client.create_container_from_config(body(inputs), name)["Id"]
            except sdk().errors.ImageNotFound as error:
                raise ProviderError(
                    f"container {name} needs image {inputs['image']}, which the engine does not "
                    "have; run `make up` so that it is built again"
                ) from error
        try:
            with self._engine.errors(f"start container {name}"):
                client.disconnect_container_from_network(id, "bridge")
                for network in inputs["networksAdvanced"]:
                    client.connect_container_to_network(
                        id, network["name"], aliases=network.get("aliases")
                    )
                client.start(id)
                self._settle(id, name)
            return id, self.read(call, id, inputs) or {}
        except BaseException:
            # nothing half-made may block the name for the next run
            with suppress(sdk().errors.DockerException):
                client.remove_container(id, v=True, force=True)
            raise

    def _settle(self, id: str, name: str) -> None:
        """Wait until it has stayed up; else fail with its log's end."""
        deadline = time.monotonic() + SETTLE_S
        while time.monotonic() < deadline:
            state = self._engine.client.inspect_container(id)["State"]
            if not state["Running"] or state["Restarting"]:
                memory = " (it ran out of memory)" if state["OOMKilled"] else ""
                raise ProviderError(
                    f"container {name} exited immediately with code {state['ExitCode']}{memory}; "
                    f"{self._log_end(id)}"
                )
            time.sleep(POLL_S)

    def _log_end(self, id: str) -> str:
        try:
            log = self._engine.client.logs(id, tail=LOG_LINES).decode(errors="replace").rstrip()
        except Exception:  # log drivers that cannot be read from
            return "its log cannot be read"
        return "its log ends with:\n" + log if log else "it logged nothing"

    def read(self, call: Call, id: str, state: Values) -> Values | None:
        with self._engine.errors(f"read container {state['name']}"):
            try:
                found = self._engine.client.inspect_container(id)
            except sdk().errors.NotFound:
                return None
        config, host, settings = found["Config"], found["HostConfig"], found["NetworkSettings"]
        running = found["State"]["Running"]
        values = {
            "__meta": META,
            **DEFAULTS,
            "name": found["Name"].removeprefix("/"),
            "envs": state.get("envs", []),
            "restart": host["RestartPolicy"]["Name"] or "no",
            "memory": host["Memory"] // MIB,
            "memorySwap": host["MemorySwap"] // MIB,
            "command": config["Cmd"] or [],
            "entrypoints": config["Entrypoint"] or [],
            "hostname": config["Hostname"],
            "workingDir": config["WorkingDir"],
            "stopSignal": config.get("StopSignal"),
            "stopTimeout": config.get("StopTimeout") or 0,
            "ipcMode": host["IpcMode"],
            "runtime": host["Runtime"],
            "shmSize": host["ShmSize"] // MIB,
            "platform": found["Platform"],
            "bridge": settings.get("Bridge", ""),
            "networkDatas": [_network_data(*item) for item in settings["Networks"].items()],
            "exitCode": None if running else found["State"]["ExitCode"],
            "mustRun": running,
        }
        if "healthcheck" in state:
            values["healthcheck"] = CHECK_DEFAULTS | state["healthcheck"]
        if "ports" in state:
            values["ports"] = [PORT_DEFAULTS | port for port in state["ports"]]
        return {name: value for name, value in values.items() if value is not None}

    def update(self, call: Call, id: str, state: Values, inputs: Values) -> Values:
        new = limits(inputs)
        client = self._engine.client
        with self._engine.errors(f"update container {inputs['name']}"):
            client.update_container(
                id,
                mem_limit=new["Memory"],
                memswap_limit=new["MemorySwap"],
                restart_policy=new["RestartPolicy"],
            )
            if not client.inspect_container(id)["State"]["Running"]:
                client.start(id)
                self._settle(id, inputs["name"])
        return self.read(call, id, inputs) or {}

    def delete(self, call: Call, id: str, state: Values) -> None:
        client = self._engine.client
        with self._engine.errors(f"remove container {state['name']}"):
            try:
                client.stop(id, timeout=state.get("destroyGraceSeconds", 1))
                client.remove_container(id, v=True, force=True)
            except sdk().errors.NotFound:
                return
            except sdk().errors.APIError as error:
                if "is already in progress" not in str(error):
                    raise
                client.wait(id, condition="removed")


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
