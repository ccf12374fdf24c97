"""Bringing a stack up, previewing it, taking it down."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from docker import DockerClient

from cyberhubs import paths
from cyberhubs.cloud import Cloud
from cyberhubs.errors import UserError
from cyberhubs.layout import DataLayout
from cyberhubs.machine import Facts, LocalMachine, Machine, MachineError, SshMachine
from cyberhubs.machine.script import script
from cyberhubs.names import ROLE, STACK
from cyberhubs.ops import cloud, drift, front_door, teams
from cyberhubs.ops.engine import engine, image_directory
from cyberhubs.ops.lock import locked, unlock
from cyberhubs.ops.recover import go_on, orphans, remove_networks, remove_orphans
from cyberhubs.ops.stack import COMMAND, Stack, name_of
from cyberhubs.ops.state import check_writable
from cyberhubs.settings.host import LocalHostSettings, OpenStackHostSettings

PATIENCE_S = 30  # for what has just been started to answer
ROOM_NEEDED = 5 * 2**30  # bytes; the images take 2.0 GiB, and as much again while they are built

DATA_NEEDED = 64 * 2**20  # bytes, for what the hubs keep beside members' files
INODES_NEEDED = 1000


@locked
def up(stack: Stack) -> None:
    check_writable(stack.folder)
    stack.select()
    facts = _facts(stack) if cloud.ready(stack) else None
    with _prepared(stack, facts) as client:
        unlock(stack)  # again: a plain `pulumi up` does not ask us
        mended = _mend(stack, client, facts)
        arguments = ["--stack", stack.name, "--yes", "--skip-preview", *mended]
        if stack.pulumi("up", *arguments).returncode:
            cloud.explain(stack)
            raise UserError(
                "The update stopped: what failed is above. What was done stays; "
                f"mend it and run `make up STACK={stack.name}` again to go on."
            )
    stack = Stack(stack.name)  # with what is known of it now
    settings = stack.settings
    if silent := front_door.silent(stack, patience_s=PATIENCE_S):
        with engine(stack.machine) as client:
            raise UserError(front_door.explain(client, stack, silent))
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
    if points := front_door.dns(stack):
        print(f"DNS: {points}.")


def _facts(stack: Stack) -> Facts | None:
    """What a machine that Cyberhubs sets up says of itself; None for this one, and for one of the
    cloud that does not answer, as it may be about to be replaced."""
    machine = stack.machine
    if not isinstance(machine, SshMachine):
        return None
    try:
        facts = machine.facts()
    except MachineError as error:
        if not isinstance(stack.settings.host, OpenStackHostSettings):
            raise
        print(error, file=sys.stderr, flush=True)
        return None
    print(f"The machine at {machine.address} is there: {facts.distribution}.", flush=True)
    return facts


@contextmanager
def _prepared(stack: Stack, facts: Facts | None) -> Iterator[DockerClient | None]:
    """The engine, with what an update needs of it looked at; None if the update has yet to install it."""
    if isinstance(stack.settings.host, LocalHostSettings):
        _install_here("engine", "base", "caddy")
    elif facts is None or not facts.docker:
        yield None
        return
    machine = stack.machine
    with engine(machine) as client:
        if isinstance(machine, LocalMachine):
            _check_ports(client, stack)
        _check_room(client, machine)
        _check_data(stack)
        _check_owner(stack)
        yield client


def _mend(stack: Stack, client: DockerClient | None, facts: Facts | None) -> list[str]:
    """Options of `pulumi up` for what is no longer as Pulumi made it, which it compares with its
    state alone."""
    resources = drift.resources_of(stack)
    options = teams.options(stack, resources)
    if client:
        if left := orphans(client, stack, resources):
            _prepare_images(stack)
            remove_orphans(client, left)
        remove_networks(client, stack, resources)
        go_on(client, stack)
        if gone := drift.missing(drift.look(client, resources)):
            print(f"No longer there, or stopped: {', '.join(gone)}. Making it as it was.")
            options.append("--refresh")
        for image in drift.missing_images(client, resources):
            print(f"The image of {name_of(image)} is no longer there. Building it again.")
            options += ["--replace", image["urn"]]
    steps = {
        name_of(resource).removeprefix("host-"): resource
        for resource in resources
        if resource["type"] == COMMAND
    }
    if "ready" in steps and facts and facts.id != steps["found"]["outputs"]["stdout"]:
        print("This is another machine than the one before. Setting it up.")
        return options
    if isinstance(stack.settings.host, LocalHostSettings) or ("ready" in steps and facts):
        for step, lines in drift.of_machine(stack).items():
            print(f"No longer as it was set up: {'; '.join(lines)}. Running {step} again.")
            options += ["--replace", steps[step]["urn"]] if step in steps else []
        options += drift.put_files_right(stack, resources, client)
    if client:
        looked = drift.look(client, resources)
        for container in drift.off_network(client, looked):
            print(f"{name_of(container)} is off its network. Making it as it was.")
            options += ["--replace", container["urn"]]
        drift.start_again(client, drift.unhealthy(looked))
    return options


def _prepare_images(stack: Stack) -> None:
    """Before what runs is taken away: images may take minutes, and fail."""
    targets = [
        word
        for name in ("host", "images")
        for of in ("", "-*")
        for word in ("--target", f"**::{name}{of}")
    ]
    print("The stack's state does not know what runs. Its images first, while it does.", flush=True)
    if stack.pulumi("up", "--stack", stack.name, "--yes", "--skip-preview", *targets).returncode:
        raise UserError(
            "The images could not be made: the reason is above. What runs was left alone."
        )


@locked
def preview(stack: Stack) -> None:
    stack.select()
    environment = cloud.environment_of_previews(stack)
    if stack.pulumi("preview", "--stack", stack.name, "--diff", environment=environment).returncode:
        raise UserError("The preview failed: the reason is above. Nothing was changed.")


@locked
def down(stack: Stack) -> None:
    host = stack.settings.host
    if not stack.exists:
        print(f"Stack {stack.name} has never been up.")
        return
    check_writable(stack.folder)
    _reach(stack)
    arguments = ["--stack", stack.name, "--yes", "--skip-preview", "--exclude-protected"]
    if stack.pulumi("destroy", *arguments).returncode:
        raise UserError(
            f"Not all could be removed: the reason is above. Run `make down STACK={stack.name}` again."
        )
    print(f"\nStack {stack.name} is down.")
    kept = cloud.kept(stack)
    if isinstance(host, OpenStackHostSettings) and not kept:
        print("Nothing that it made is left in the cloud.")
        return
    data = DataLayout(host.data_path)
    print(f"Members' files stay in {data.homes}, the hubs' databases and secrets in")
    print(f"{data.hubs}; the next `make up` finds them.")
    if kept:
        unprotect = f"pulumi state unprotect --all --yes --stack {stack.name}"
        print(f"They are in the cloud, with their cost: {' and '.join(kept)}.")
        print("To delete that for good, members' files too:")
        print(f"  {stack.shell_hint(f'{unprotect} && make down STACK={stack.name}')}")


def _reach(stack: Stack) -> None:
    """Sees that what is to be taken down can be reached."""
    if isinstance(stack.settings.host, LocalHostSettings):
        _install_here("engine")
        return
    if isinstance(stack.settings.host, OpenStackHostSettings):
        Cloud().check_credentials()  # what is on the machine goes with it
        return
    machine = stack.machine
    assert isinstance(machine, SshMachine)
    try:
        machine.connect()
    except MachineError as error:
        raise UserError(
            f"{error}\nIf the machine is gone for good, forget it by: "
            f"{stack.shell_hint(f'pulumi stack rm --force --preserve-config {stack.name}')}"
        ) from None


def _install_here(*what: str) -> None:
    if subprocess.run([sys.executable, "-m", "install", *what], cwd=paths.CHECKOUT).returncode:
        raise UserError("What the stack needs of this machine is not there: the reason is above.")


def _check_ports(client: DockerClient, stack: Stack) -> None:
    """Refuses a port that is not free, unless it is ours."""
    tls = stack.settings.tls
    doors = client.containers.list(
        ignore_removed=True, filters={"label": [f"{STACK}={stack.name}", f"{ROLE}=door"]}
    )
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
                raise UserError(
                    f"Port {port} of {tls.listen} cannot be used ({error.strerror}): stop what "
                    f"uses it, or set another under cyberhubs:tls in {stack.file.name}."
                ) from None


def _check_owner(stack: Stack) -> None:
    """Refuses a uid that could not open the files which members and hubs have already."""
    uid, gid = stack.settings.user.uid, stack.settings.user.gid
    data = DataLayout(stack.settings.host.data_path)
    for owner in stack.machine.run(script("file-owner", data.homes), limit_s=60).split():
        if int(owner) != uid:
            raise UserError(
                f"Members' files in {data.homes} belong to uid {owner}, and cyberhubs:user in {stack.file.name} says "
                f"{uid}, who could not open them: nothing was changed. Say {owner} there; or hand them over, with "
                f"the stack down (as root: chown -R {uid}:{gid} {data.homes} {data.hubs} {data.door}), "
                "then run the same command again."
            )


def _check_room(client: DockerClient, machine: Machine) -> None:
    """Refuses to build into a disk that cannot hold it; with the images there, any room will do."""
    if client.images.list(name="cyberhubs/corehub"):
        return
    directory = image_directory(client)
    free, _ = machine.free_space(directory)
    if free < ROOM_NEEDED:
        raise UserError(
            f"Docker's images are in {directory}, which has {free / 2**30:.1f} GiB left, and building them takes "
            f"up to {ROOM_NEEDED / 2**30:.0f}: free some (`docker system prune`), or move that directory to "
            "another disk."
        )


def _check_data(stack: Stack) -> None:
    """Refuses a full disk of data; says no more of a volume, which this very update may make larger."""
    data = stack.settings.host.data_path
    try:
        free, inodes = stack.machine.free_space(data)
    except MachineError:  # not there yet
        return
    if free >= DATA_NEEDED and inodes >= INODES_NEEDED:
        return
    full = (
        f"The disk of {data} is full: {free / 2**20:.0f} MiB and {inodes} inodes are left, and the hubs need "
        f"{DATA_NEEDED / 2**20:.0f} MiB and {INODES_NEEDED}. Make it larger, or see there whose files take the most "
        f"(as root: du -xh -d 3 {data} | sort -h | tail) and have them deleted."
    )
    if isinstance(stack.settings.host, OpenStackHostSettings):
        print(full, flush=True)
        return
    raise UserError(
        f"{full} Then run the same command again: nothing was changed, and the hubs go on meanwhile."
    )
