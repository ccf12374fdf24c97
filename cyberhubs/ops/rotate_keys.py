"""Other keys for the way to a server: the one that this machine logs in with, and the one that the server shows."""

import subprocess
from pathlib import Path

from cyberhubs import paths
from cyberhubs.errors import UserError
from cyberhubs.machine import MachineError, SshMachine
from cyberhubs.machine.script import script
from cyberhubs.ops.lock import locked
from cyberhubs.ops.stack import Stack
from cyberhubs.settings.host import SshConnection
from cyberhubs.settings.stack_file import read_stack_file

SSH_KEY = (
    "No member notices anything. The stack file names a new key file, made beside the old one; the server refuses the "
    "old key from then on, to whoever has it."
)
HOST_KEY = (
    "No member notices anything. Whoever else logs in to the server by ssh is warned once of another host key. The stack "
    "file has the new one."
)
IN_CLOUD = (
    "By hand, as the machine is replaced: name another publicKey and privateKeyFile in the stack file, then `make up`. The "
    "hubs are away while the new machine starts, and servers end; files and sign-ins stay."
)


@locked
def rotate_ssh_key(stack: Stack) -> None:
    """The old one goes from the server before the stack file has the new one, so that a run that was stopped is told by
    a server that takes the new one alone."""
    old = _connection(stack)
    raw, _ = read_stack_file(stack.file)
    written, new_file = _next(raw["host"]["ssh"]["privateKeyFile"], old.private_key_file)
    if not new_file.exists():
        _make(new_file)
    public = _run("ssh-keygen", "-y", "-f", str(new_file))
    new = SshMachine(old.model_copy(update={"private_key_file": new_file}))
    try:
        new.run("true", limit_s=60)
    except MachineError:
        machine = SshMachine(old)
        machine.run(script("authorized-key", old.user, "add", public))
        machine.disconnect()
        new.run("true", limit_s=60)  # or it is not what this server goes by: nothing is lost
    new.run(script("authorized-key", old.user, "remove", _public(old.private_key_file)))
    stack.set_config("cyberhubs:host.ssh.privateKeyFile", written)
    print(
        f"The server at {old.address} takes {new_file} and refuses {old.private_key_file}. {stack.file.name} names the new "
        "one: commit that. Delete the old one if nothing else uses it, and copy the new one to where else `make` is run."
    )


@locked
def rotate_host_key(stack: Stack) -> None:
    """What the server is about to show is noted here first, so that a run that was stopped still knows it."""
    old = _connection(stack)
    noted = paths.run() / f"host-key-{stack.name}"
    known = noted.read_text() if noted.exists() else ""
    machine = SshMachine(old, first_key=known or None)
    new = machine.run(script("host-key", "make", known)).strip()
    noted.write_text(new)
    machine.run(script("host-key", "use", new))
    machine.disconnect()
    SshMachine(old.model_copy(update={"host_key": new})).run("true", limit_s=60)
    stack.set_config("cyberhubs:host.ssh.hostKey", new)
    noted.unlink()
    print(
        f"The server at {old.address} shows the new host key. {stack.file.name} has it: commit that."
    )


def by_hand() -> None:
    raise UserError("Nothing was changed.")


def _connection(stack: Stack) -> SshConnection:
    assert stack.ssh
    return stack.ssh.connection


def _next(written: str, file: Path) -> tuple[str, Path]:
    """The next file name, as the stack file writes it and as it is: key, key-2, key-3."""
    stem, _, number = written.rpartition("-")
    base, last = (stem, int(number)) if stem and number.isdecimal() else (written, 1)
    name = f"{base}-{last + 1}"
    return name, file.with_name(Path(name).name)


def _make(file: Path) -> None:
    """Whole or not at all."""
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(part))
    part.with_name(f"{part.name}.pub").replace(file.with_name(f"{file.name}.pub"))
    part.replace(file)


def _public(file: Path) -> str:
    """As "type base64". A key with a passphrase has it beside it."""
    beside = file.with_name(f"{file.name}.pub")
    text = beside.read_text() if beside.exists() else _run("ssh-keygen", "-y", "-f", str(file))
    return " ".join(text.split()[:2])


def _run(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise UserError(f"{' '.join(words[:1])} failed: {done.stderr.strip()}")
    return done.stdout.strip()
