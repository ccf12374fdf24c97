"""The environment in which `pulumi` is run, by the operator's commands and by hand, and what it says of errors."""

import json
import os
import pwd
import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from shlex import quote

from cyberhubs import paths
from cyberhubs.errors import UserError

VALUE, FILE = "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"
NO_CLOUD = {"OS_AUTH_URL": "https://no-cloud.invalid/v3"}
"""For a preview without credentials: Pulumi's provider does not start without an address to ask, and asks none before
it has to."""


def variables(stack_file: Path | None = None) -> dict[str, str]:
    """What to add to the environment; what the operator has set is left as it is.

    Makes the folder of the default backend and the passphrase, once, where they are used; but no
    passphrase where another one has encrypted something, in `stack_file` or in a state.
    """
    added = tools()
    if not _chosen_backend():
        (paths.home() / "state").mkdir(mode=0o700, exist_ok=True)
        added["PULUMI_BACKEND_URL"] = backend()
    if VALUE not in os.environ:
        path = _passphrase_file()
        own = path == _own_passphrase_file()
        if own and not path.exists() and not _encrypted(stack_file):
            _make(path)
        if not os.environ.get(FILE):
            added[FILE] = str(path)
    return added


def tools() -> dict[str, str]:
    """The part of it that finds Pulumi and its plugins, whatever the stack."""
    pulumi_home = paths.pulumi_home()
    programs = [str(paths.VENV / "bin"), str(pulumi_home / "bin")]
    old = [part for part in os.environ.get("PATH", "").split(os.pathsep) if part not in programs]
    added = {
        "CYBERHUBS_HOME": str(paths.home()),
        "PULUMI_HOME": str(pulumi_home),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PATH": os.pathsep.join([*programs, *old]),
    }
    if any((pulumi_home / "plugins").glob("*/checkout")):  # a stand-in for an official one
        # The engine would wait for downloads that cannot come, of plugins no program uses.
        added["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
    return added


def errors(printed: str) -> str:
    """Those among the diagnostics that a command has printed with --json, each once, as many resources have the same."""
    try:
        said = json.loads(printed).get("diagnostics", ())
    except ValueError:
        return ""
    messages = [one["message"].strip() for one in said if one.get("severity") == "error"]
    return "\n".join(dict.fromkeys(messages))


def passphrase(stack_file: Path | None = None) -> tuple[str, bytes]:
    """Where the passphrase is that Pulumi takes, and what it is. Raises UserError if it is lost."""
    if VALUE in os.environ:
        return VALUE, os.fsencode(os.environ[VALUE])
    path = _passphrase_file()
    try:
        return str(path), path.read_bytes().strip()
    except FileNotFoundError:
        encrypted = _encrypted(stack_file)
        if not encrypted:
            raise UserError(
                f"{FILE} names {path}, which is not there: write a passphrase into it, or unset {FILE}."
            ) from None
        raise UserError(
            f"The passphrase is not where it should be, in {path}. It decrypts what is secret in "
            f"{', '.join(map(str, encrypted))}, which a new one could not: none was "
            "made, and nothing was touched. Put the file back, from a backup or a password manager; "
            f"or set {FILE} or {VALUE}.\n{without(encrypted)}"
        ) from None


def without(encrypted: Sequence[Path]) -> str:
    """How to go on without the passphrase that has encrypted these states and stack files."""
    steps = [
        f"sed -i '/^encryptionsalt:/d' {quote(str(path))}   # and take its lines with secure: out"
        if path.suffix == ".yaml"
        else f"mv {quote(str(path))} {quote(f'{path}.lost')}"
        for path in encrypted
    ]
    return "\n  ".join(
        [
            "If it is gone for good, what is lost is what Pulumi knows of these stacks, and each secure: "
            "in a stack file. Members' files, the hubs' databases and their secrets stay on the machine. "
            "For a machine in a cloud, or a state in an object store, follow docs/explanation/state.md (When the "
            "passphrase or the state is lost); for others:",
            *steps,
            "make up STACK=…   # and give what was secure: by `make register` or `pulumi config set`",
        ]
    )


def salt(stack_file: Path) -> str | None:
    """What Pulumi has written of the passphrase into a stack file."""
    try:
        text = stack_file.read_text(errors="replace")
    except FileNotFoundError:
        return None
    found = re.search(r"^encryptionsalt:\s*[\"']?([^\s\"']+)", text, re.M)
    return found[1] if found else None


def folder(url: str) -> Path | None:
    """The folder of a backend, as Pulumi finds it from the project; None if it is none."""
    if not url.startswith("file://"):
        return None
    path = url.removeprefix("file://").split("?")[0]
    if path.startswith("~"):  # of which HOME says nothing to Pulumi
        path = pwd.getpwuid(os.getuid()).pw_dir + path[1:]
    return paths.CHECKOUT / path


def states(url: str, stack: str = "*") -> list[Path]:
    """The files of a folder's states, compressed or not."""
    root = folder(url)
    found = (root / ".pulumi/stacks/cyberhubs").glob(f"{stack}.json*") if root else []
    return sorted(path for path in found if path.suffix in (".json", ".gz", ".zst"))


def backend() -> str:
    """The URL of where Pulumi keeps state."""
    return _chosen_backend() or f"file://{paths.home() / 'state'}"


def _chosen_backend() -> str:
    """What the operator has chosen, by a variable or by `pulumi login`."""
    if url := os.environ.get("PULUMI_BACKEND_URL"):
        return url
    try:
        return (
            json.loads((paths.pulumi_home() / "credentials.json").read_text()).get("current") or ""
        )
    except (OSError, ValueError):
        return ""


def _encrypted(stack_file: Path | None) -> list[Path]:
    """States and stack file that a passphrase has been used for."""
    return states(backend()) + ([stack_file] if stack_file and salt(stack_file) else [])


def _own_passphrase_file() -> Path:
    return paths.home() / "passphrase"


def _passphrase_file() -> Path:
    return Path(os.environ.get(FILE) or _own_passphrase_file())


def _make(path: Path) -> None:
    """Once: what it encrypts can be read with nothing else."""
    part = path.with_name(f"passphrase.{os.getpid()}")
    with open(part, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(secrets.token_urlsafe(32) + "\n")
    try:
        os.link(part, path)  # of two at once, one wins and both use it
    except FileExistsError:
        pass
    finally:
        part.unlink()
