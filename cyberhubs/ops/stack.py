"""A stack: its file, its state, and Pulumi's commands on it."""

import json
import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from cyberhubs import paths, pulumi_env
from cyberhubs.errors import UserError
from cyberhubs.machine import Endpoint, Machine, SshMachine, machine_of
from cyberhubs.machine.endpoint import address_of, door_address, ssh_connection
from cyberhubs.ops import state
from cyberhubs.resource_types import INSTANCE
from cyberhubs.settings import Settings, load_file

Resource = dict[str, Any]  # as `pulumi stack export` shows one
NOT_FOUND = 6  # Pulumi's exit code for a stack that it does not know


def name_of(resource: Resource) -> str:
    """As the program has named it."""
    return resource["urn"].split("::")[-1]


class Stack:
    """The stack `name` of stacks/Pulumi.NAME.yaml."""

    def __init__(self, name: str):
        self.name = name
        self.file = paths.stack_file(name)
        self._decrypt = False

    @cached_property
    def settings(self) -> Settings:
        """What the file says. Raises SettingsError with all that is wrong in it."""
        return load_file(self.file, self.name)

    @cached_property
    def endpoint(self) -> Endpoint | None:
        """Where the machine is in its cloud, by the state; None before it has been made, and for a machine of
        another kind."""
        if not self.settings.host.in_cloud:
            return None
        outputs = {name_of(resource): resource.get("outputs", {}) for resource in self.resources}
        address = outputs.get("host-server", {}).get("address")
        host_key = outputs.get("host-key", {}).get("public")
        # Both outlive the machine that they are of.
        made = any(resource["type"] == INSTANCE for resource in self.resources)
        return Endpoint(address, host_key) if made and address and host_key else None

    @cached_property
    def machine(self) -> Machine:
        """Raises MachineError for one that is yet to be made."""
        return machine_of(self.name, self.settings.host, self.endpoint)

    @cached_property
    def ssh(self) -> SshMachine | None:
        """The machine, where it is reached by ssh; None for the control machine, and for one that is yet to be made."""
        connection = ssh_connection(self.settings.host, self.endpoint)
        return SshMachine(connection) if connection else None

    @property
    def address(self) -> str | None:
        """The name or IP address under which visitors reach the machine; None where it is not known yet."""
        return address_of(self.settings, self.endpoint)

    @property
    def door_address(self) -> str | None:
        return door_address(self.settings, self.endpoint)

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

    def query(self, *arguments: str, stdin: str | None = None) -> str:
        """What Pulumi answers; raises UserError with the reason, or else with its error."""
        return self._answer(
            self.pulumi(*arguments, "--stack", self.name, capture=True, stdin=stdin)
        )

    def _answer(self, answer: subprocess.CompletedProcess[str]) -> str:
        if answer.returncode:
            self.check()
            raise UserError(answer.stderr.strip() or answer.stdout.strip())
        return answer.stdout

    def check(self) -> None:
        """Raises UserError where its state, or what is secret in it, could not be read."""
        _ = self._environment  # makes a passphrase, where nothing is encrypted by another one yet
        if not self.folder or not self.folder.is_dir():
            self._check_backend()
        state.check(self.name, self.file)

    def _check_backend(self) -> None:
        answer = self.pulumi("whoami", capture=True)
        if answer.returncode:
            said = f"Pulumi cannot get at its state in {pulumi_env.backend()}:\n{answer.stderr.strip()}"
            without_password = re.sub(r"//[^/@\s]*@", "//", said)
            raise UserError(
                f"{without_password}\nNothing was touched. See that it is the right place "
                "(PULUMI_BACKEND_URL, `pulumi login`), that it answers, and that you may use it; then "
                "run the same command again."
            )

    @property
    def folder(self) -> Path | None:
        """Where its state is, if that is a folder."""
        return pulumi_env.folder(pulumi_env.backend())

    def shell_hint(self, command: str) -> str:
        """What to type for a command of Pulumi's own."""
        return f'eval "$(make -s env)" && {command}'

    def set_config(self, key: str, value: str, *, secret: bool = False) -> None:
        """Writes a value into the stack file; `key`: its path, as "cyberhubs:user.uid". A secret is encrypted."""
        self.create()
        how = "--secret" if secret else "--plaintext"
        self.query("config", "set", how, "--path", key, stdin=value)
        self.__dict__.pop("settings", None)  # read anew by who asks next

    def create(self) -> None:
        """Makes the stack's state on first use."""
        if not self.exists:
            self._answer(self.pulumi("stack", "select", "--create", self.name, capture=True))
            self.forget()

    def update(self, command: str, *options: str) -> bool:
        """Has Pulumi run `up` or `destroy` with its progress shown; whether all of it was done."""
        words = ["--stack", self.name, "--yes", "--skip-preview", *options]
        done = self.pulumi(command, *words).returncode == 0
        self.forget()
        return done

    def refresh(self, resources: Iterable[Resource]) -> None:
        """Has Pulumi compare its state of them with what there is."""
        targets = [word for resource in resources for word in ("--target", resource["urn"])]
        self.query("refresh", "--yes", "--skip-preview", *targets)
        self.forget()

    def outputs(self, *, secrets: bool = False) -> dict[str, Any]:
        shown = ["--show-secrets"] if secrets else []
        return json.loads(self.query("stack", "output", "--json", *shown))

    @property
    def exists(self) -> bool:
        return self._exported is not None

    @property
    def resources(self) -> list[Resource]:
        """What the state holds."""
        return (self._exported or {}).get("resources", [])

    @property
    def updated(self) -> str:
        """When the last update has written its state, as "2027-01-31T12:00:00.123Z"."""
        return (self._exported or {})["manifest"]["time"]

    def forget(self, *, decrypt: bool = False) -> None:
        """Has the state read anew by who asks for it next; `decrypt`: with secrets as `{"plaintext": JSON}`."""
        for name in ("_exported", "endpoint", "machine", "ssh"):
            self.__dict__.pop(name, None)
        self._decrypt = decrypt

    @cached_property
    def _exported(self) -> dict[str, Any] | None:
        """None without a state. Not of a list of stacks, for which Pulumi reads the state of each."""
        shown = ["--show-secrets"] if self._decrypt else []
        answer = self.pulumi("stack", "export", "--stack", self.name, *shown, capture=True)
        if answer.returncode == NOT_FOUND:
            return None
        return json.loads(self._answer(answer))["deployment"]

    @cached_property
    def _environment(self) -> dict[str, str]:
        # The official provider would take these before the organizations of the stack file.
        given = os.environ.keys() - {"GITHUB_OWNER", "GITHUB_ORGANIZATION"}
        return {**{name: os.environ[name] for name in given}, **pulumi_env.variables(self.file)}
