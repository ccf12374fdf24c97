"""The connection to a Docker engine, here or by ssh, and its errors in words."""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from offline.plugins.docker.ssh import tunnel
from offline.plugins.inputs import Input
from offline.plugins.resource import ProviderError

if TYPE_CHECKING:
    from docker import APIClient

DEFAULT_HOST = "unix:///var/run/docker.sock"
_IMPORTING = threading.Lock()


def sdk() -> Any:
    """The Docker SDK: loaded when first needed, since that takes long, and by one thread."""
    with _IMPORTING:
        import docker

        return docker


def _host_rule(host: str) -> str | None:
    if host.startswith(("unix://", "ssh://")):
        return None
    return f"is '{host}', which this plugin cannot reach; give a unix:// or ssh:// address"


CONFIG = {
    "host": Input(str, rule=_host_rule),
    "sshOpts": Input([str]),
    "disableDockerDaemonCheck": Input(bool),
}


class Engine:
    """One Docker engine, connected to when first needed."""

    def __init__(self) -> None:
        self.host = DEFAULT_HOST
        self._ssh_options: list[str] = []
        self._client: APIClient | None = None
        self._lock = threading.Lock()

    def configure(self, config: dict[str, Any]) -> None:
        self.host = config.get("host") or os.environ.get("DOCKER_HOST") or DEFAULT_HOST
        self._ssh_options = config.get("sshOpts", [])
        if not config.get("disableDockerDaemonCheck"):
            with self.errors("reach the Docker engine"):
                self.client.ping()

    @property
    def client(self) -> "APIClient":
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _connect(self) -> "APIClient":
        far = self.host.startswith("ssh://")
        address = tunnel(self.host, self._ssh_options) if far else self.host
        try:
            return sdk().APIClient(address, version="auto")
        except sdk().errors.DockerException as error:
            raise ProviderError(
                f"the Docker engine at {self.host} does not answer ({_short(error)}); "
                "start it, check that you may use it, and run this again"
            ) from error

    @contextmanager
    def errors(self, action: str) -> Iterator[None]:
        """Turns the SDK's errors into a ProviderError: "cannot <action>: …"."""
        errors = sdk().errors
        try:
            yield
        except errors.APIError as error:
            raise ProviderError(
                f"cannot {action}: {self.explain(error.explanation or str(error))}"
            ) from error
        except (errors.DockerException, OSError) as error:
            raise ProviderError(f"cannot {action}: {self.explain(_short(error))}") from error

    def explain(self, text: str) -> str:
        """An engine's message, with the remedy where the cause is known."""
        text = text.strip()
        port = re.search(r"Bind for (\S+) failed: port is already allocated", text) or re.search(
            r"listen \w+ (\S+): bind: address already in use", text
        )
        if port:
            return (
                f"port {port[1]} is already allocated: another container or program listens on it; "
                "stop that or choose another port"
            )
        name = re.search(r'container name "/?([^"]+)" is already in use by container "(\w+)"', text)
        if name:
            return (
                f"the container name {name[1]} is already in use by container {name[2][:12]}; "
                f"remove that one (`docker rm -f {name[1]}`) or choose another name"
            )
        return text


def _short(error: BaseException) -> str:
    """The innermost reason, without the layers of the HTTP client."""
    text = str(error)
    inner = re.search(r"No such file or directory|Permission denied|Connection refused", text)
    return inner[0] if inner else text
