"""Bringing a stack up."""

import shlex

from docker import DockerClient

from cyberhubs.errors import UserError
from cyberhubs.ops import drift, front_door, teams
from cyberhubs.ops.engine import engine, own_containers, servers_that_fit
from cyberhubs.ops.lock import locked, unlock
from cyberhubs.ops.preflight import preflight_of
from cyberhubs.ops.repair import repair
from cyberhubs.ops.stack import Stack
from cyberhubs.ops.state import check_writable

PATIENCE_S = 30  # for what has just been started to answer


@locked
def up(stack: Stack, *, refresh: bool = False, without: str = "") -> None:
    """`refresh`: also what only Pulumi's refresh sees is made as it was. `without`: path of a secret on the machine that
    is removed first, when nothing stands in the way, and so made anew."""
    check_writable(stack.folder)
    preflight = preflight_of(stack)
    with preflight.prepared() as client:
        unlock(stack)  # again: a plain `pulumi up` takes no lock of this program
        resources = drift.resources_of(stack)  # now: one may have ended meanwhile
        stack.create()
        if without:
            stack.machine.run(f"rm -f {shlex.quote(without)}", limit_s=60)
        options = [
            *preflight.options,
            *teams.options(stack, resources),
            *repair(preflight, client, resources),
            *(["--refresh"] if refresh else []),
        ]
        if not stack.update("up", *options):
            print(preflight.explain_failure())
            raise UserError(
                "The update stopped: what failed is above. What was done stays; "
                f"fix it and run `make up STACK={stack.name}` again to go on."
            )
    silent = front_door.silent(stack, patience_s=PATIENCE_S)
    with engine(stack.machine) as client:
        if silent:
            raise UserError(front_door.explain(client, stack, silent))
        if failing := drift.failing(own_containers(client, stack.name)):
            said = "; ".join(f"{name} {why}" for name, why in failing.items())
            raise UserError(
                f"All pages answer, but {said}: `make logs STACK={stack.name}` has the reason."
            )
        _show(stack, client)


def _show(stack: Stack, client: DockerClient) -> None:
    settings = stack.settings
    print(f"\nCyberhubs is up: {settings.url}")
    for hub in settings.hubs:
        print(f"  {hub.title}: {settings.hub_url(hub)}")
    if any(hub.login.kind == "password" for hub in settings.hubs):
        print(
            "Log in with any name that may enter and the password of "
            f"`make password STACK={stack.name}`."
        )
    if stack.door_address is None:
        print(f"The door is on the machine's own loopback: `make tunnel STACK={stack.name}`.")
    for hub in settings.hubs:
        print(f"Memory: {servers_that_fit(client, hub)}.")
    if points := front_door.dns(stack):
        print(f"DNS: {points}.")
