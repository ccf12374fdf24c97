"""A stack of its own, brought up as an operator does: a copy of the project, a stack file, `make`."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import docker
import yaml

from tests.support import images, progress, run
from tests.support.processes import free_port
from tests.support.waiting import eventually

PROJECT = Path(__file__).parent.parent.parent

LOG_LINES = 40

ONE_HUB = """\
config:
  cyberhubs:host: {{kind: local, data: {{path: {data}}}}}
  cyberhubs:tls: {{mode: none, port: {port}}}
  cyberhubs:user: {{uid: 12345, gid: 12346}}
  cyberhubs:hubs:
    core:
      title: Test hub
      applications: [corehub]
      interface: lab
      login: {{kind: password}}
      access: {{admins: [ada], allowed: [grace, katherine], blocked: [mallory]}}
      limits: {{memory: 1G, cpus: 2, pids: 256}}
"""


class Deployment:
    """`directory`: the copy; `data`: its data directory; `stack`: its name, which no operator's has.

    `front`: the front page; `port`, `http_port`: free ones, for the front door.
    """

    def __init__(
        self, directory: Path, stack: str, first: str = ONE_HUB, domain: str | None = None
    ):
        """`first`: the stack file, in which {data}, {port} and {http_port} are filled in."""
        self.stack = run.named(stack)
        self.directory = directory / "project"
        self.data = directory / "data"
        self.home = directory / "home"
        self.engine = docker.from_env()
        self.port, self.http_port = free_port(), free_port()
        self.domain = domain
        self.front = (
            f"https://{domain}:{self.port}/" if domain else f"http://127.0.0.1:{self.port}/"
        )
        self.environment = {
            # Not as a part of the `make` that may run the tests: it would print where it is.
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("MAKE", "PYTHONUNBUFFERED"))
            },
            # The tools are this machine's; state, passphrase and what `make` started are the test's.
            "PULUMI_HOME": os.environ.get("PULUMI_HOME", str(_home() / "pulumi")),
            "CYBERHUBS_HOME": str(self.home),
        }
        copy_project(self.directory)
        (self.directory / ".venv").symlink_to(PROJECT / ".venv")
        self.file = self.directory / "stacks" / f"Pulumi.{self.stack}.yaml"
        self._kept = self._up = ""  # texts of the stack file; `_up`: the one that is known to be up
        self.write(first.format(data=self.data, port=self.port, http_port=self.http_port))

    def write(self, text: str) -> None:
        self.file.write_text(text)

    def edit(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Changes the stack file as its operator would; `change` gets what is under `config:`."""
        content = yaml.safe_load(self.file.read_text())
        change(content["config"])
        self.write(yaml.safe_dump(content))

    def keep(self) -> None:
        """What the stack file says now, and is up, is what `put_right` goes back to."""
        self._kept = self.file.read_text()

    def put_right(self) -> Self:
        """Up as it was kept, whatever a test has made of it."""
        if self.file.read_text() != self._kept:
            self.write(self._kept)
        if self._up != self._kept:
            self.ops("up")
        return self

    def ops(
        self,
        command: str,
        *arguments: str,
        fails: bool = False,
        stdin: str = "",
        line: Callable[[str], None] = lambda text: None,
    ) -> str:
        """What an operator's command prints, both streams; `line` gets each line as it comes."""
        try:
            printed = self._run([*self.program(command), *arguments], fails, stdin, line)
        except AssertionError:
            self._up = ""
            raise
        if command in ("up", "down", "rotate"):
            self._up = self.file.read_text() if command != "down" and not fails else ""
        return printed

    def program(self, command: str) -> list[str]:
        """What runs an operator's command, in the stack's directory."""
        return [".venv/bin/python", "-m", "cyberhubs.ops", command, "--stack", self.stack]

    def make(self, target: str, *words: str, fails: bool = False, stdin: str = "") -> str:
        """The same by `make`, with all that it sets up."""
        return self._run(["make", target, f"STACK={self.stack}", *words], fails, stdin)

    def _run(
        self,
        command: list[str],
        fails: bool,
        stdin: str,
        line: Callable[[str], None] = lambda text: None,
    ) -> str:
        printed: list[str] = []
        with subprocess.Popen(
            command,
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdin and process.stdout
            process.stdin.write(stdin)
            process.stdin.close()
            for text in process.stdout:
                printed.append(text)
                line(text)
        all_of_it = "".join(printed)
        if bool(process.returncode) != fails:
            outcome = "should have failed" if fails else "failed"
            raise AssertionError(f"{' '.join(command)} {outcome}:\n{all_of_it}")
        return all_of_it

    def outputs(self) -> dict[str, Any]:
        return json.loads(self.pulumi("stack", "output", "--json"))

    def pulumi(self, *arguments: str, stdin: str = "") -> str:
        """What plain `pulumi` prints on stdout, in the environment that `make env` gives."""
        command = f'eval "$(make -s env)" && exec pulumi "$@" --stack {self.stack}'
        return subprocess.run(
            ["bash", "-c", command, "bash", *arguments],
            cwd=self.directory,
            env=self.environment,
            input=stdin,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout

    def hub_url(self, hub: str) -> str:
        return f"{self.front}{hub}/"

    @property
    def url(self) -> str:
        return self.hub_url("core")

    @property
    def state_file(self) -> Path:
        """Pulumi's, of this stack."""
        return self.home / f"state/.pulumi/stacks/cyberhubs/{self.stack}.json"

    def password_of(self, hub: str) -> str:
        return (self.data / f"hubs/{hub}/secrets/password").read_text()

    @property
    def password(self) -> str:
        return self.password_of("core")

    def container(self, role: str, hub: str = "core"):
        return self.engine.containers.get(f"cyberhubs.{self.stack}.{hub}.{role}")

    @property
    def menu(self) -> str:
        """As its hub reads it."""
        return (self.data / "hubs/core/live/applications.json").read_text()

    @property
    def door(self):
        return self.container("caddy", "door")

    def edit_state(self, name: str, change: Callable[[dict[str, Any]], None]) -> None:
        """Changes what its state holds of a resource."""
        state = json.loads(self.pulumi("stack", "export"))
        resources = state["deployment"]["resources"]
        change(next(r for r in resources if r["urn"].endswith(f"::{name}")))
        file = self.directory / "state.json"
        file.write_text(json.dumps(state))
        self.pulumi("stack", "import", "--file", str(file))

    def started(self, *, but: tuple[str, ...] = ()) -> dict[str, str]:
        """Container → when it was started, for all but those of the hubs in `but`."""
        return {
            name: self.engine.containers.get(name).attrs["State"]["StartedAt"]
            for name in self.containers()
            if name.split(".")[2] not in but
        }

    def kill(self, role: str, hub: str = "core") -> None:
        """As the kernel's memory killer would do, not as an operator who asks the engine."""
        container = self.container(role, hub)
        before = container.attrs["State"]["StartedAt"]
        container.exec_run(["/bin/sh", "-c", "kill -9 -1"])

        def restarted() -> bool:
            container.reload()
            state = container.attrs["State"]
            return state["StartedAt"] != before and state["Status"] == "running"

        eventually(restarted)

    def logs(self) -> list[tuple[str, str]]:
        """Titles and ends of the logs of all its containers: hubs, proxies, door and servers."""
        return [
            (f"{name}, {found.status}", found.logs(tail=LOG_LINES).decode(errors="replace"))
            for name in self.containers()
            for found in [self.engine.containers.get(name)]
        ]

    def containers(self) -> list[str]:
        found = self.engine.containers.list(
            all=True, ignore_removed=True, filters={"label": f"cyberhubs.stack={self.stack}"}
        )
        return sorted(str(container.name) for container in found)

    def networks(self) -> list[str]:
        found = self.engine.networks.list(filters={"label": f"cyberhubs.stack={self.stack}"})
        return sorted(str(network.name) for network in found)


@contextmanager
def running(deployment: Deployment) -> Iterator[Deployment]:
    """Up, and afterwards down with nothing left."""
    images.built()
    try:
        with progress.step(f"stack {deployment.stack}: up") as step:
            deployment.ops("up", line=step.show)
        deployment.keep()
        yield deployment
    finally:
        with progress.step(f"stack {deployment.stack}: down") as step:
            deployment.ops("down", line=step.show)
    assert deployment.containers() == []
    assert deployment.networks() == []


def changes(printed: str) -> dict[str, int]:
    """{"created": 1, "updated": …, "unchanged": …} of Pulumi's closing lines."""
    return {
        word: int(count)
        for count, word in re.findall(
            r"^\s+[+~-]*\s*(\d+) (created|updated|replaced|deleted|unchanged)\b", printed, re.M
        )
    }


def copy_project(target: Path) -> None:
    """What a clone would hold."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (PROJECT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, target / name)


def _home() -> Path:
    return Path(os.environ.get("CYBERHUBS_HOME", Path.home() / ".cyberhubs"))
