"""A real ACME authority for tests: Debian's pebble, with a DNS server that knows one address."""

import json
import os
import socket
import ssl
import subprocess
from pathlib import Path
from typing import Self

import httpx

from tests.support.certificates import Authority
from tests.support.processes import wait_for_port


class AcmeServer:
    """Pebble at `address`, an address of this machine that the door's container reaches.

    It validates domains at `target` (the door's own address), on the door's ports.
    `ca`: PEM file of the authority that signs the server's own certificate.
    """

    def __init__(self, directory: Path, address: str, target: str, port: int, http_port: int):
        self._directory, self._address, self._target = directory, address, target
        self._processes: list[subprocess.Popen[bytes]] = []
        self._acme, self._management, self._dns = _free_ports(address, 3)
        authority = Authority("Test authority of the ACME server")
        self.ca = directory / "ca.pem"
        self.ca.write_text(authority.pem)
        certificate, key = authority.issue(address)
        (directory / "cert.pem").write_text(certificate)
        (directory / "key.pem").write_text(key)
        self._settings = {
            "listenAddress": f"{address}:{self._acme}",
            "managementListenAddress": f"{address}:{self._management}",
            "certificate": str(directory / "cert.pem"),
            "privateKey": str(directory / "key.pem"),
            "httpPort": http_port,
            "tlsPort": port,
        }

    @property
    def directory_url(self) -> str:
        return f"https://{self._address}:{self._acme}/dir"

    @property
    def tls(self) -> dict[str, str]:
        """What a stack file says of it."""
        return {
            "mode": "acme",
            "email": "ops@example.org",
            "directory": self.directory_url,
            "ca": str(self.ca),
        }

    def start(self, validity_s: int) -> Self:
        """Its certificates last `validity_s` seconds."""
        config = self._directory / "pebble.json"
        config.write_text(
            json.dumps({"pebble": {**self._settings, "certificateValidityPeriod": validity_s}})
        )
        dns = f"127.0.0.1:{self._dns}"
        nothing = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-management", ""]
        only = ["-defaultIPv4", self._target, "-defaultIPv6", "", "-dns01", dns]
        self._run("pebble-challtestsrv", *nothing, *only)
        self._run("pebble", "-config", str(config), "-dnsserver", dns)
        wait_for_port(self._acme, self._address)
        return self

    def stop(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(timeout=10)
        self._processes.clear()

    @property
    def root(self) -> str:
        """PEM of the authority that signs its certificates, another one at each start."""
        url = f"https://{self._address}:{self._management}/roots/0"
        trust = ssl.create_default_context(cafile=self.ca)
        return httpx.get(url, verify=trust).text

    def _run(self, program: str, *arguments: str) -> None:
        # It sleeps at random and refuses at random otherwise, to try its clients.
        environment = {**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"}
        with (self._directory / f"{program}.log").open("ab") as log:
            self._processes.append(
                subprocess.Popen([program, *arguments], stdout=log, stderr=log, env=environment)
            )


def _free_ports(address: str, count: int) -> list[int]:
    probes = [socket.create_server((address, 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
