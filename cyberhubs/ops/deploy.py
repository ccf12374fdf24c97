"""Bringing a stack up, previewing it, taking it down."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from docker import DockerClient

from cyberhubs.install.command import main as install
from cyberhubs.machine import Facts, LocalMachine, Machine, MachineError, SshMachine
from cyberhubs.names import ROLE, STACK
from cyberhubs.ops.door import dns
from cyberhubs.ops.engine import engine
from cyberhubs.ops.host import differences
from cyberhubs.ops.problem import Problem
from cyberhubs.ops.recover import lost, remove_orphans, unlock
from cyberhubs.ops.stack import Stack

ROOM_NEEDED = 5 * 2**30  # bytes; the images take 2.0 GiB, and as much again while they are built


def up(stack: Stack) -> None:
    settings = stack.settings
    facts = _facts(stack.machine)
    with _prepared(stack, facts) as client:
        stack.select()
        unlock(stack)
        mended = _mend(stack, client, facts)
        arguments = ["--stack", stack.name, "--yes", "--skip-preview", *mended]
        if stack.pulumi("up", *arguments).returncode:
            raise Problem(
                "The update stopped: what failed is above. What was done stays; "
                f"mend it and run `make up STACK={stack.name}` again to go on."
            )
    print(f"\nCyberhubs is up: {settings.url}")
    for hub in settings.hubs:
        print(f"  {hub.title}: {settings.hub_url(hub)}")
    if any(hub.login.kind == "password" for hub in settings.hubs):
        print(
            "Log in with any name that may enter and the password of "
            f"`make password STACK={stack.name}`."
        )
    if isinstance(stack.machine, SshMachine) and settings.on_loopback:
        print(f"The door is on the machine's own loopback: `make tunnel STACK={stack.name}`.")
    if points := dns(settings):
        print(f"DNS: {points}.")


def _facts(machine: Machine) -> Facts | None:
    """What a machine that Cyberhubs sets up says of itself; None for this one."""
    if not isinstance(machine, SshMachine):
        return None
    facts = machine.facts()
    print(f"The machine at {machine.address} is there: {facts.distribution}.", flush=True)
    return facts


@contextmanager
def _prepared(stack: Stack, facts: Facts | None) -> Iterator[DockerClient | None]:
    """The engine, with what an update needs of it looked at; None if the update has yet to install it."""
    machine = stack.machine
    if facts is None:
        _install_here("engine", "base", "caddy")
    elif not facts.docker:
        yield None
        return
    with engine(machine) as client:
        if isinstance(machine, LocalMachine):
            _check_ports(client, stack)
        _check_room(client, machine)
        yield client


def _mend(stack: Stack, client: DockerClient | None, facts: Facts | None) -> list[str]:
    """Options of `pulumi up` for what is no longer as Pulumi made it, which it compares with its
    state alone."""
    resources = stack.resources()
    options = []
    if client:
        remove_orphans(client, stack, resources)
        if gone := lost(client, resources):
            print(f"No longer there, or stopped: {', '.join(gone)}. Making it as it was.")
            options.append("--refresh")
    steps = {
        resource["urn"].split("::host-")[-1]: resource
        for resource in resources
        if resource["type"] == "command:local:Command"
    }
    if "ready" in steps and facts:
        if facts.id != steps["found"]["outputs"]["stdout"]:
            print("This is another machine than the one before. Setting it up.")
            return options
        for step, lines in differences(stack).items():
            print(f"No longer as it was set up: {'; '.join(lines)}. Running {step} again.")
            options += ["--replace", steps[step]["urn"]] if step in steps else []
    return options


def preview(stack: Stack) -> None:
    _ = stack.settings
    stack.select()
    if stack.pulumi("preview", "--stack", stack.name, "--diff").returncode:
        raise Problem("The preview failed: the reason is above. Nothing was changed.")


def down(stack: Stack) -> None:
    data = stack.settings.host.data_path
    if not stack.exists:
        print(f"Stack {stack.name} has never been up.")
        return
    unlock(stack)
    _reach(stack)
    if stack.pulumi("destroy", "--stack", stack.name, "--yes", "--skip-preview").returncode:
        raise Problem(
            f"Not all could be removed: the reason is above. Run `make down STACK={stack.name}` again."
        )
    print(f"\nStack {stack.name} is down. Members' files stay in {data}/jupyterhub_users,")
    print(f"the hubs' databases and secrets in {data}/hubs; the next `make up` finds them.")


def _reach(stack: Stack) -> None:
    """Sees that what is to be taken down can be reached."""
    if not isinstance(stack.machine, SshMachine):
        _install_here("engine")
        return
    try:
        stack.machine.connect()
    except MachineError as error:
        raise Problem(
            f"{error}\nIf the machine is gone for good, forget it by: "
            f'eval "$(make -s env)" && pulumi stack rm --force {stack.name}'
        ) from None


def _install_here(*what: str) -> None:
    if install([*what]):
        raise Problem("What the stack needs of this machine is not there: the reason is above.")


def _check_ports(client: DockerClient, stack: Stack) -> None:
    """Refuses a port that is not free, unless it is ours."""
    tls = stack.settings.tls
    doors = client.containers.list(filters={"label": [f"{STACK}={stack.name}", f"{ROLE}=door"]})
    ours = {
        binding["HostPort"]
        for container in doors
        for bindings in container.ports.values()
        for binding in bindings or ()
    }
    for port in tls.ports:
        if str(port) in ours:
            continue
        family = socket.AF_INET6 if ":" in tls.listen else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((tls.listen, port))
            except PermissionError:
                pass  # a low port, which the engine may use and this user may not
            except OSError as error:
                raise Problem(
                    f"Port {port} of {tls.listen} cannot be used ({error.strerror}): stop what "
                    f"uses it, or set another under cyberhubs:tls in {stack.file.name}."
                ) from None


def _check_room(client: DockerClient, machine: Machine) -> None:
    """Refuses to build into a disk that cannot hold it; with the images there, any room will do."""
    if client.images.list(name="cyberhubs/corehub"):
        return
    root = client.info()["DockerRootDir"]
    free, _ = machine.room(root)
    if free < ROOM_NEEDED:
        raise Problem(
            f"Docker's directory {root} has {free / 2**30:.1f} GiB left and building the images takes "
            f"up to {ROOM_NEEDED / 2**30:.0f}: free some (`docker system prune`), or move Docker's data-root."
        )
