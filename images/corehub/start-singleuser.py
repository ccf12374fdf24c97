#!/usr/bin/python3 -I
"""Starts a single-user server as `jupyterhub-singleuser` does, in 0.6 of its time, and one that continues
while the hub is silent.

It works around three faults of JupyterHub 6.1.1 and what that uses, and leaves any other version alone:
- Its modules for a server import those for the hub, with the database and SQLAlchemy, which a server
  never uses: here they find empty modules instead. Not reported upstream; remove `EmptyModules`
  when `python -X importtime -m jupyterhub.singleuser` shows no SQLAlchemy.
- A server refuses everybody while its hub does not answer. Not reported upstream; remove `remember` when
  `HubAuth` can use its last answer.
- aiodns remembers the hub's address for the 600 s of Docker's DNS answers: a hub that came back with
  another one is not found. Without aiodns, aiohttp asks each time. https://github.com/moby/moby/issues/30029,
  https://github.com/c-ares/c-ares/pull/786; remove when Docker's answers have a TTL of seconds.
"""

import asyncio
import gc
import json
import os
import site
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib.machinery import ModuleSpec
from importlib.metadata import version
from itertools import dropwhile, islice
from pathlib import Path
from types import ModuleType
from typing import Any

JUPYTERHUB = "6.1.1"  # which this is written for
ANSWER_S = 5  # how long the hub is waited for when it is asked about a user it has known
KNOWN_S = 24 * 3600  # how long its last answer is valid while it is silent

PROTOCOL = "v1.kernel.websocket.jupyter.org"  # which JupyterLab's pages speak
# Of this container's memory, in cgroups of version 2 and 1: a line "oom_kill" with the processes killed for it.
KILLED = ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")

EMPTY = ("alembic", "sqlalchemy", "jupyterhub.handlers", "jupyterhub.orm")


class EmptyModule(ModuleType):
    """A module in which every name is a class of its own."""

    __path__: list[str] = []  # noqa: RUF012 (as of any package)

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        found = type(name, (Exception,), {})
        setattr(self, name, found)
        return found


class EmptyModules:
    """Finder and loader of them."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name == "aiodns":
            raise ImportError("see above")
        if any(name == empty or name.startswith(f"{empty}.") for empty in EMPTY):
            return ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return EmptyModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


def remember(auth: Any) -> None:
    """While the hub is silent, its last answer about a user stays valid. A no is an answer, an error is silence.

    `auth`: jupyterhub.services.auth.
    """
    ask = auth.HubAuth._api_request
    known = auth._ExpiringDict(KNOWN_S)

    async def ask_or_remember(self: Any, method: str, url: str, /, **options: Any) -> Any:
        if not options.get("allow_403"):  # it is not about a user
            return await ask(self, method, url, **options)
        token = options["headers"]["Authorization"]
        try:
            seconds = ANSWER_S if token in known else None
            user = await asyncio.wait_for(ask(self, method, url, **options), seconds)
        except (auth.HTTPError, TimeoutError):
            if token in known:
                return known[token]
            raise
        known.pop(token, None)
        if user:
            known[token] = user
        return user

    auth.HubAuth._api_request = ask_or_remember


def killed_for_memory() -> int:
    """How many processes of this container were."""
    for file in KILLED:
        with suppress(OSError):
            return int(Path(file).read_text().rpartition("oom_kill ")[2].split()[0])
    return 0


def header_of(message: bytes) -> dict[str, Any]:
    """That of what a page sends to a kernel in PROTOCOL: how many offsets, these, the channel, the header and more."""
    first, last = (int.from_bytes(message[at : at + 8], "little") for at in (16, 24))
    return json.loads(message[first:last])


def say_why_kernels_die(connection: Any) -> None:
    """A kernel that is killed for memory says so below the cell that was running, where JupyterLab alone says that it
    "appears to have died". It may be killed before it has said that it began.

    `connection`: jupyter_server.services.kernels.connection.channels.ZMQChannelsWebsocketConnection.
    """
    take, pass_on = connection.handle_incoming_message, connection.handle_outgoing_message
    restarted = connection.on_kernel_restarted
    # Of each kernel, what has not ended: the request by its id, and how many were killed until then.
    asked: dict[str, dict[str, tuple[dict[str, Any], int]]] = {}

    def note_and_take(self: Any, message: Any) -> None:
        request = header_of(message) if self.subprotocol == PROTOCOL else {}
        if request.get("msg_type") == "execute_request":
            asked.setdefault(self.kernel_id, {})[request["msg_id"]] = request, killed_for_memory()
        take(self, message)

    def note_and_pass_on(self: Any, stream: Any, message: list[bytes]) -> None:
        _, parts = self.session.feed_identities(message)
        if b'"execute_input"' in parts[1] or b'"execute_reply"' in parts[1]:
            request = self.session.unpack(parts[2])
            before = asked.get(self.kernel_id, {})
            later = dropwhile(lambda one: one != request["msg_id"], before)
            now = {one: before[one] for one in islice(later, 1, None)}
            if b'"execute_input"' in parts[1]:
                now = {request["msg_id"]: (request, killed_for_memory()), **now}
            asked[self.kernel_id] = now
        pass_on(self, stream, message)

    def say_and_restart(self: Any) -> None:
        request, before = next(iter(asked.get(self.kernel_id, {}).values()), ({}, 0))
        if request and killed_for_memory() > before:
            limit = int(os.environ.get("MEM_LIMIT") or 0) / 2**30
            self.write_stderr(
                f"The kernel was killed: this server's memory, {limit:.3g} GB for all that runs in it, was used up. What "
                "was in variables is lost, files are not. Shut down other kernels, or work on less at a time.",
                request,
            )
        # Once all pages of the kernel were told.
        asyncio.get_running_loop().call_soon(asked.pop, self.kernel_id, None)
        restarted(self)

    connection.handle_incoming_message = note_and_take
    connection.handle_outgoing_message = note_and_pass_on
    connection.on_kernel_restarted = say_and_restart


def add_members_packages() -> None:
    """Extensions that a member has installed find their other half, behind the image's own packages. Where the last
    start failed, the hub wants a server without what is the member's own; kernels have their packages all the same."""
    packages = Path(site.getusersitepackages())
    if os.environ.get("JUPYTERHUB_DISABLE_USER_CONFIG"):
        print(
            f"The last start of this server failed: this one leaves out what {packages} has, and Jupyter's settings in "
            "the home. Remove what keeps it from starting, then start it again.",
            file=sys.stderr,
        )
    elif packages.is_dir():
        site.ENABLE_USER_SITE = True  # so that Jupyter reads the extensions' settings
        site.addsitedir(str(packages))


def answer_own_networks(tcp_server: Any) -> None:
    """As the hub does, in cyberhubs_hub/own_networks.py: no router passes the server's answers on.

    `tcp_server`: tornado.tcpserver.TCPServer.
    """
    add_sockets = tcp_server.add_sockets

    def add_unrouted(self: Any, sockets: Iterable[socket.socket]) -> None:
        sockets = list(sockets)
        for one in sockets:
            if one.family != socket.AF_UNIX:
                one.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 1)
        add_sockets(self, sockets)

    tcp_server.add_sockets = add_unrouted


def main() -> None:
    if version("jupyterhub") != JUPYTERHUB:
        os.execvp("jupyterhub-singleuser", ["jupyterhub-singleuser", *sys.argv[1:]])
    gc.disable()  # collecting while importing takes a tenth of the start and finds nothing
    finder = EmptyModules()
    sys.meta_path.insert(0, finder)
    from jupyterhub.services import auth
    from jupyterhub.singleuser import main as start

    remember(auth)
    sys.meta_path.remove(finder)
    for name in [name for name, module in sys.modules.items() if type(module) is EmptyModule]:
        del sys.modules[name]  # an extension that wants SQLAlchemy gets the real one
    gc.freeze()
    gc.enable()
    from jupyter_server.services.kernels.connection.channels import (  # pyright: ignore[reportMissingImports]
        ZMQChannelsWebsocketConnection,
    )
    from tornado.tcpserver import TCPServer

    answer_own_networks(TCPServer)
    add_members_packages()
    say_why_kernels_die(ZMQChannelsWebsocketConnection)
    start()


if __name__ == "__main__":
    main()
