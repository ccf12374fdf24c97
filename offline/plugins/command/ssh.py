"""Connections to other machines, and running a command on one."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from typing import Any

import asyncssh
from asyncssh.constants import EXTENDED_DATA_STDERR
from asyncssh.packet import String

from offline.plugins.command.output import Output
from offline.plugins.resource import Log, ProviderError, Values

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0
KEEPALIVE_S = 15  # three unanswered ones end a connection whose other side is gone
CLOSE_S = 3


@contextlib.asynccontextmanager
async def connect(settings: Values, log: Log) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """A connection by the `connection` input, through its proxy if it has one."""
    async with contextlib.AsyncExitStack() as stack:
        tunnel = None
        if proxy := settings.get("proxy"):
            tunnel = await _dial(proxy, "Dial proxy", None, log)
            stack.push_async_callback(_close, tunnel)
        connection = await _dial(settings, "Dial", tunnel, log)
        stack.push_async_callback(_close, connection)
        yield connection


async def _close(connection: asyncssh.SSHClientConnection) -> None:
    connection.close()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(connection.wait_closed(), CLOSE_S)


async def _dial(
    settings: Values, title: str, tunnel: asyncssh.SSHClientConnection | None, log: Log
) -> asyncssh.SSHClientConnection:
    """Dial until it answers, or `dialErrorLimit` failures were forgiven (-1: for ever)."""
    host, port = settings["host"], int(settings.get("port", 22))
    limit = settings.get("dialErrorLimit", 10)
    options = await asyncio.to_thread(_options, settings)
    pause = FIRST_PAUSE_S
    tries = 0
    while True:
        try:
            keys = await _agent_keys(settings)
            return await asyncssh.connect(
                host,
                port,
                tunnel=tunnel or (),
                client_keys=options["key"] + keys or None,
                **options["connect"],
            )
        except (OSError, asyncssh.Error) as error:
            if -1 < limit <= tries:
                reason = _reason(error, settings)
                raise ProviderError(
                    f"{title.lower()} {host}:{port}: after {tries} failed attempts: {reason}"
                ) from None
        tries += 1
        shown = "inf" if limit < 0 else limit
        await asyncio.to_thread(log, f"{title} {tries}/{shown} failed: retrying", ephemeral=True)
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE_S)


def _options(settings: Values) -> dict[str, Any]:
    """The private key, and the arguments of asyncssh.connect that stay the same."""
    try:
        text = settings.get("privateKey")
        key = (
            [asyncssh.import_private_key(text, settings.get("privateKeyPassword"))] if text else []
        )
    except (ValueError, asyncssh.Error):
        raise ProviderError(
            f"the privateKey for {settings['host']} cannot be read: give it in OpenSSH or PEM form,"
            " with privateKeyPassword if it is encrypted"
        ) from None
    try:
        known = settings.get("hostKey")
        host_keys = ([asyncssh.import_public_key(known)], [], []) if known else None
    except (ValueError, asyncssh.Error):
        raise ProviderError(
            f"the hostKey for {settings['host']} cannot be read: give it as one line "
            "'<type> <base64>', such as ssh-keyscan prints after the host's name"
        ) from None
    return {
        "key": key,
        "connect": {
            "config": None,
            "username": settings.get("user", "root"),
            "password": settings.get("password"),
            "known_hosts": host_keys,
            "agent_path": None,
            "gss_host": None,
            "preferred_auth": ["publickey", "password", "keyboard-interactive"],
            "connect_timeout": settings.get("perDialTimeout", 15) or None,
            "keepalive_interval": KEEPALIVE_S,
        },
    }


async def _agent_keys(settings: Values) -> list[Any]:
    """Keys of the agent that was named, or of the session's where there is no other way in."""
    path = settings.get("agentSocketPath")
    if not path and not settings.get("privateKey") and not settings.get("password"):
        path = os.environ.get("SSH_AUTH_SOCK")
    if not path:
        return []
    agent = asyncssh.SSHAgentClient(path)
    try:
        return list(await agent.get_keys())
    except (OSError, ValueError) as error:
        raise ProviderError(
            f"the SSH agent at {path} does not answer: {error}; start it or correct agentSocketPath"
        ) from None


def _reason(error: Exception, settings: Values) -> str:
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return (
            "ssh: host key mismatch: the machine does not show the key in hostKey; "
            "make sure that it is the right machine, then correct hostKey"
        )
    if isinstance(error, asyncssh.PermissionDenied):
        return (
            f"ssh: unable to authenticate as {settings.get('user', 'root')!r}; "
            "check the user, and that the machine knows the key or password"
        )
    if isinstance(error, TimeoutError):
        return f"no answer within {settings.get('perDialTimeout', 15)} s"
    number = getattr(error, "errno", None)
    return os.strerror(number) if number and number > 0 else str(error) or type(error).__name__


class _Session(asyncssh.SSHClientSession[bytes]):
    """Hands on what the command writes; asks for variables before the command starts."""

    def __init__(
        self, output: Output, environment: Mapping[str, str], wished: Mapping[str, str]
    ) -> None:
        self._output, self._environment, self._wished = output, environment, wished
        self.refused: list[str] = []
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        # asyncssh asks for variables without wanting an answer; a refusal must stop the command
        ask = chan._make_request

        async def make_request(request: bytes, *args: bytes) -> bool | None:
            if request == b"exec":
                for name, value in [*self._environment.items(), *self._wished.items()]:
                    if not await ask(b"env", String(name), String(value)):
                        self.refused.append(name)
                if not self._environment.keys().isdisjoint(self.refused):
                    return False
            return await ask(request, *args)

        chan._make_request = make_request

    def data_received(self, data: bytes, datatype: int | None) -> None:
        stderr = datatype == EXTENDED_DATA_STDERR
        self._output.write("stderr" if stderr else "stdout", data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set_result(exc)


async def run(
    connection: asyncssh.SSHClientConnection,
    command: str,
    environment: Mapping[str, str],
    previous: Mapping[str, str],
    stdin: str | None,
    output: Output,
    log: Log,
) -> str:
    """Answers what went wrong ("Process exited with status 3"), or "" for success.

    previous: variables whose refusal is only a warning.
    """
    session = _Session(output, environment, previous)
    try:
        channel, _ = await connection.create_session(lambda: session, command, encoding=None)
    except asyncssh.Error as error:
        wrong = [name for name in session.refused if name in environment]
        if wrong:
            return f"could not set environment variables {', '.join(wrong)}: {_hint(wrong[0])}"
        return f"cannot start a session: {error}"
    for name in session.refused:
        await asyncio.to_thread(log, f"Unable to set {name}: {_hint(name)}", severity="WARNING")
    try:
        if stdin:
            channel.write(stdin.encode())
        channel.write_eof()
        await session.closed
    except BrokenPipeError:
        await session.closed  # it need not read all that it is given
    except asyncio.CancelledError:
        channel.terminate()
        raise
    if got := channel.get_exit_signal():
        return f"Process exited from signal {got[0]}"
    status = channel.get_exit_status()
    if status is None:
        return "the connection was lost before the command ended; see that the machine is up"
    return f"Process exited with status {status}" if status else ""


def _hint(name: str) -> str:
    return (
        "the SSH server accepts only variables that its AcceptEnv names; "
        f"add {name} there, or begin the command with {name}=value"
    )
