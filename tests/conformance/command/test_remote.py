"""Conformance of the plugin `command`: commands on another machine, by SSH."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tests.conformance.command.test_local import LAST
from tests.support.plugin_client import UNKNOWN, Plugin, PluginError, Secret
from tests.support.plugin_suite import ours
from tests.support.processes import free_port, gone, wait_for
from tests.support.ssh_server import PASSPHRASE, SSHServer

pytestmark = pytest.mark.slow

RUN = "command:remote:Command"


def make(plugin: Plugin, token: str, connection: dict[str, Any], **inputs: Any) -> dict[str, Any]:
    """The state of a resource that was checked and created."""
    checked = plugin.check(token, {"connection": Secret(connection), **inputs})
    return plugin.create(token, checked)[1]


def test_outputs(plugin: Plugin, server: SSHServer) -> None:
    state = make(plugin, RUN, server.connection(), create="printf 'ü\\n\\n'; echo b >&2; cat")
    assert (state["stdout"], state["stderr"]) == ("ü\n", "b")
    assert state["connection"] == Secret(
        {"perDialTimeout": 15, **server.connection()},
    )
    assert {log.message for log in plugin.logs if log.ephemeral} >= {"ü", "b"}


def test_defaults(plugin: Plugin) -> None:
    checked = plugin.check(RUN, {"connection": Secret({"host": "h", "proxy": {"host": "p"}})})
    common = {"port": 22, "user": "root", "dialErrorLimit": 10, "perDialTimeout": 15}
    proxy = {"host": "p", **common}
    assert checked["connection"] == Secret({"host": "h", **common, "proxy": proxy})
    with pytest.raises(PluginError, match="host"):
        plugin.check(RUN, {"connection": Secret({"user": "u"})})


def test_long_stdin(plugin: Plugin, server: SSHServer) -> None:
    plugin.logs.clear()
    text = "räksmörgås €\n" * 75_000
    state = make(plugin, RUN, server.connection(), create="cat", stdin=text, logging="none")
    assert state["stdout"] == text.removesuffix("\n")
    assert make(plugin, RUN, server.connection(), create="true", stdin=text)["stdout"] == ""
    assert not [log for log in plugin.logs if log.message]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("echo out; echo err >&2; exit 7", r"(?s)exited with status 7.*out.*err"),
        ("kill -KILL $$", "signal KILL"),
        ("kill -KILL $PPID; sleep 0.2", "without exit status|connection was lost"),
    ],
)
def test_failure(plugin: Plugin, server: SSHServer, command: str, message: str) -> None:
    with pytest.raises(PluginError, match=message):
        make(plugin, RUN, server.connection(), create=command)


def test_environment(plugin: Plugin, server: SSHServer) -> None:
    state = make(
        plugin, RUN, server.connection(), create="echo $LANG_A", environment={"LANG_A": "x y"}
    )
    assert state["stdout"] == "x y"
    mark = server.directory / "ran"
    with pytest.raises(PluginError, match="OTHER") as failure:
        make(plugin, RUN, server.connection(), create=f"touch {mark}", environment={"OTHER": "x"})
    assert not mark.exists()
    assert "AcceptEnv" in f"{failure.value}{plugin.text()}"


def test_update_and_delete(plugin: Plugin, server: SSHServer) -> None:
    """This server refuses PULUMI_COMMAND_STDOUT: a warning, and the command runs without."""
    plugin.logs.clear()
    state = make(plugin, RUN, server.connection(), create="echo made", delete="exit 5")
    news = {**state, "update": f"echo changed; {LAST}"}
    assert plugin.update(RUN, "id", state, news)["stdout"] == "changed\n[|]"
    assert [log.severity for log in plugin.logs if "PULUMI_COMMAND_STDOUT" in log.message] == [2]
    silent = {**news, "addPreviousOutputInEnv": False}
    assert plugin.update(RUN, "id", state, silent)["stdout"] == "changed\n[|]"
    with pytest.raises(PluginError, match="status 5"):
        plugin.delete(RUN, "id", state)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"privateKey": "stranger"}, "unable to authenticate"),
        ({"hostKey": "stranger.pub"}, "host key mismatch"),
        ({"user": "nobody-of-that-name"}, "unable to authenticate"),
        ({"port": 1}, "(?i)connection refused"),
        ({"host": "no.such.host.invalid"}, "(?i)name|host|server misbehaving"),
    ],
)
def test_no_way_in(
    plugin: Plugin, server: SSHServer, changes: dict[str, Any], message: str
) -> None:
    files = {k: server.key(v) if "ey" in k else v for k, v in changes.items()}
    with pytest.raises(PluginError, match=message) as failure:
        make(plugin, RUN, server.connection(**files), create="true")
    assert "after 0 failed attempts" in str(failure.value)
    assert "PRIVATE KEY" not in f"{failure.value}{plugin.text()}"


@ours
@pytest.mark.parametrize(
    "changes",
    [
        {"privateKey": "-----BEGIN secret-----"},
        {"hostKey": "secret"},
        {"privateKey": "locked", "privateKeyPassword": "secret"},
        {"agentSocketPath": "/nowhere"},
    ],
)
def test_unusable_keys(plugin: Plugin, server: SSHServer, changes: dict[str, Any]) -> None:
    """A bad input is told at once, by name, without its content."""
    name = next(iter(changes))
    if changes[name] == "locked":
        changes = {**changes, name: server.key("locked")}
    with pytest.raises(PluginError, match=name) as failure:
        make(plugin, RUN, server.connection(**changes, dialErrorLimit=-1), create="true")
    assert "secret" not in str(failure.value)


def test_ways_in(plugin: Plugin, server: SSHServer) -> None:
    unpinned = server.connection(hostKey=None)
    locked = server.connection(privateKey=server.key("locked"), privateKeyPassword=PASSPHRASE)
    bastion = server.connection(proxy=server.connection())
    for connection in (unpinned, locked, bastion):
        assert make(plugin, RUN, connection, create="echo in")["stdout"] == "in"
    with pytest.raises(PluginError, match="proxy"):
        proxy = server.connection(hostKey=server.key("stranger.pub"))
        make(plugin, RUN, server.connection(proxy=proxy), create="true")


@pytest.mark.skipif(not shutil.which("ssh-agent"), reason="no ssh-agent: install openssh-client")
def test_agent(plugin: Plugin, server: SSHServer) -> None:
    path = server.directory / "agent"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(path)], stdout=subprocess.DEVNULL)
    try:
        while not path.exists():
            time.sleep(0.02)
        environment = {**os.environ, "SSH_AUTH_SOCK": str(path)}
        key = str(server.directory / "user")
        subprocess.run(["ssh-add", "-q", key], env=environment, check=True)
        connection = server.connection(privateKey=None, agentSocketPath=str(path))
        assert make(plugin, RUN, connection, create="echo in")["stdout"] == "in"
    finally:
        agent.terminate()
        agent.wait(10)


@contextlib.contextmanager
def password_server(password: str) -> Iterator[int]:
    """A server that takes a password, which an sshd without PAM cannot; answers its port."""

    class Door(asyncssh.SSHServer):
        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, given: str) -> bool:
            return given == password

    def handle(process: asyncssh.SSHServerProcess) -> None:
        process.stdout.write("in\n")
        process.exit(0)

    loop, port = asyncio.new_event_loop(), free_port()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    key = asyncssh.generate_private_key("ssh-ed25519")

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1", port, server_factory=Door, process_factory=handle, server_host_keys=[key]
        )

    listener = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(listener.close)
        loop.call_soon_threadsafe(loop.stop)


def test_password(plugin: Plugin, server: SSHServer) -> None:
    with password_server("opensesame") as port:
        connection = {"host": "127.0.0.1", "port": port, "user": "u", "dialErrorLimit": 0}
        state = make(plugin, RUN, {**connection, "password": "opensesame"}, create="x")
        assert state["stdout"] == "in"
        with pytest.raises(PluginError, match="unable to authenticate") as failure:
            make(plugin, RUN, {**connection, "password": "open barley"}, create="x")
        assert "barley" not in f"{failure.value}{plugin.text()}"


def test_dial_limit(plugin: Plugin, server: SSHServer) -> None:
    plugin.logs.clear()
    dials = 0
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            nonlocal dials
            while True:
                try:
                    listener.accept()[0].close()
                except OSError:
                    return
                dials += 1

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        with pytest.raises(PluginError, match="after 2 failed attempts"):
            make(plugin, RUN, server.connection(port=port, dialErrorLimit=2), create="true")
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)
    assert dials == 3
    assert [log.message for log in plugin.logs] == [
        "Dial 1/2 failed: retrying",
        "Dial 2/2 failed: retrying",
    ]


@ours
def test_silent_host(plugin: Plugin, server: SSHServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection = server.connection(port=listener.getsockname()[1], perDialTimeout=1)
        with pytest.raises(PluginError, match="no answer within 1 s"):
            make(plugin, RUN, connection, create="true")


@ours
def test_stopping_ends_the_wait(server: SSHServer, tmp_path: Path) -> None:
    failures: list[str] = []

    def work() -> None:
        try:
            make(plugin, RUN, server.connection(), create=f"echo $$ > {tmp_path}/pid; sleep 300")
        except PluginError as error:
            failures.append(str(error))

    with Plugin("command", tmp_path) as plugin:
        thread = threading.Thread(target=work)
        thread.start()
        pid = int(wait_for(tmp_path / "pid"))
        plugin.cancel()
        thread.join(10)
    assert failures
    with contextlib.suppress(ProcessLookupError):  # this sshd may pass no signals on
        os.killpg(os.getpgid(pid), signal.SIGKILL)
    assert gone(pid)


def test_differences(plugin: Plugin, server: SSHServer) -> None:
    connection = {**server.connection(), "perDialTimeout": 15}
    state = {"connection": Secret(connection), "create": "true", "stdout": "", "stderr": ""}
    news = {"connection": Secret(connection), "create": "true"}
    assert plugin.kinds(RUN, state, news) == {}
    moved = {**news, "connection": Secret({**connection, "host": "other"})}
    assert plugin.kinds(RUN, state, moved) == {"connection.host": "UPDATE"}
    assert plugin.kinds(RUN, state, {**news, "connection": UNKNOWN}) == {"connection": "UPDATE"}
