"""A stack: its file, its state, and Pulumi's commands on it."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from cyberhubs import paths, pulumi_env
from cyberhubs.errors import UserError
from cyberhubs.machine import Machine, machine_of
from cyberhubs.settings import Settings, Way, load_file
from cyberhubs.settings.host import OpenStackHost

Resource = dict[str, Any]  # as `pulumi stack export` shows one
COMMAND = "command:local:Command"
INSTANCE = "openstack:compute/instance:Instance"


def name_of(resource: Resource) -> str:
    """As the program has named it."""
    return resource["urn"].split("::")[-1]


class Stack:
    """The stack `name` of stacks/Pulumi.NAME.yaml."""

    def __init__(self, name: str):
        self.name = name
        self.file = paths.stack_file(name)

    @cached_property
    def settings(self) -> Settings:
        """Raises SettingsError with all that is wrong in the file."""
        settings = load_file(self.file, self.name)
        if isinstance(settings.host, OpenStackHost) and self.exists:
            return replace(settings, way=self._way())
        return settings

    @cached_property
    def machine(self) -> Machine:
        return machine_of(self.settings)

    def _way(self) -> Way | None:
        """Where the machine is, if it has been made; after an update that failed, too."""
        resources = self.resources()
        outputs = {r["urn"].split("::")[-1]: r.get("outputs", {}) for r in resources}
        address = outputs.get("host-server", {}).get("address")
        host_key = outputs.get("host-key", {}).get("public")
        made = any(resource["type"] == INSTANCE for resource in resources)
        return Way(address, host_key) if made and address and host_key else None

    def pulumi(
        self,
        *arguments: str,
        capture: bool = False,
        stdin: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Runs Pulumi, either with what it prints shown or captured.

        Ctrl-C reaches Pulumi too, which then ends what it has begun: it is waited for, not killed.
        """
        pipe = subprocess.PIPE if capture else None
        source = None if stdin is None else subprocess.PIPE
        command = ["pulumi", *arguments]
        interrupted = False
        with subprocess.Popen(
            command,
            cwd=paths.CHECKOUT,
            env={**self._environment, **(environment or {})},
            text=True,
            stdin=source,
            stdout=pipe,
            stderr=pipe,
        ) as process:
            while True:
                try:
                    stdout, stderr = process.communicate(stdin)
                    break
                except KeyboardInterrupt:
                    interrupted = True
        if interrupted:
            raise KeyboardInterrupt
        return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)

    def ask(self, *arguments: str, stdin: str | None = None) -> str:
        """What Pulumi answers; raises UserError with its error."""
        answer = self.pulumi(*arguments, "--stack", self.name, capture=True, stdin=stdin)
        if answer.returncode:
            raise UserError(answer.stderr.strip() or answer.stdout.strip())
        return answer.stdout

    def plain(self, command: str) -> str:
        """What to type for a command of Pulumi's own."""
        return f'eval "$(make -s env)" && {command}'

    def select(self) -> None:
        """Makes the stack's state on first use."""
        answer = self.pulumi("stack", "select", "--create", self.name, capture=True)
        if answer.returncode:
            raise UserError(
                f"Pulumi cannot open the state of stack {self.name}:\n{answer.stderr.strip()}"
            )

    @property
    def exists(self) -> bool:
        listed = self.pulumi("stack", "ls", "--json", capture=True)
        if listed.returncode:
            raise UserError(listed.stderr.strip())
        return any(stack["name"] == self.name for stack in json.loads(listed.stdout))

    def outputs(self, *, secrets: bool = False) -> dict[str, Any]:
        shown = ["--show-secrets"] if secrets else []
        return json.loads(self.ask("stack", "output", "--json", *shown))

    def resources(self, *, secrets: bool = False) -> list[Resource]:
        """What the state holds; secrets stay encrypted, or are as `{"plaintext": JSON}`."""
        shown = ["--show-secrets"] if secrets else []
        return json.loads(self.ask("stack", "export", *shown))["deployment"].get("resources", [])

    @cached_property
    def _environment(self) -> dict[str, str]:
        # The official provider would take these before the organizations of the stack file.
        given = os.environ.keys() - {"GITHUB_OWNER", "GITHUB_ORGANIZATION"}
        return {**{name: os.environ[name] for name in given}, **pulumi_env.variables()}
