"""What can be wrong with a stack's state before anybody looks into it: its file, its passphrase, its folder."""

import binascii
import gzip
import hashlib
import json
import shlex
import tempfile
import zlib
from base64 import b64decode
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cyberhubs import pulumi_env
from cyberhubs.errors import UserError

ROOM = 2**20  # bytes that a folder must take; a state has some hundred thousand


def check(stack: str, stack_file: Path) -> None:
    """Raises UserError where the stack's state is damaged, if it is in a folder, or the passphrase is not the one
    of state and stack file, or is lost.
    """
    marks = {stack_file: pulumi_env.salt(stack_file)}
    source, passphrase = pulumi_env.passphrase(stack_file)
    if files := sorted(pulumi_env.states(pulumi_env.backend(), stack), key=_written):
        latest = _state(files[-1], stack)["checkpoint"].get("latest") or {}  # as Pulumi chooses
        secrets = (latest.get("secrets_providers") or {}).get("state") or {}
        marks[files[-1]] = secrets.get("salt")
    opens = {mark: _opens(passphrase, mark) for mark in {*marks.values()} if mark}
    if closed := [path for path, mark in marks.items() if mark and not opens[mark]]:
        raise UserError(
            f"The passphrase of {source} is not the one that has encrypted what is secret in "
            f"{', '.join(map(str, closed))}. Nothing was touched. Put the right one there, from a backup "
            "or a password manager, or set PULUMI_CONFIG_PASSPHRASE_FILE or PULUMI_CONFIG_PASSPHRASE.\n"
            f"{pulumi_env.without(closed)}"
        )


def _state(file: Path, stack: str) -> dict[str, Any]:
    """Raises UserError with the way back to the newest copy that is whole, if the file is damaged."""
    if (state := _read(file)) is not None:
        return state
    # Pulumi makes them before each write, and at the end of each update.
    ends = (file.parents[2] / "backups/cyberhubs" / stack).glob(f"{stack}.*.json*")
    copies = [copy for copy in (file.with_name(f"{file.name}.bak"), *ends) if _read(copy)]
    if copies:
        best = max(copies, key=_written)
        when = datetime.fromtimestamp(_written(best)).strftime("%Y-%m-%d %H:%M:%S")
        way = (
            f"Pulumi's newest copy that is whole is of {when}. Put it back, then run the same command "
            f"again:\n  {shlex.join(['cp', str(best), str(file)])}"
        )
    else:
        way = (
            "None of Pulumi's copies is whole. Put the file back from a backup. If there is none, what "
            "is lost is what Pulumi knows of the stack: docs/explanation/state.md (When the passphrase or the state "
            f"is lost) says how to go on, after\n  {shlex.join(['mv', str(file), f'{file}.lost'])}"
        )
    raise UserError(
        f"The state of stack {stack} is damaged, as by a power cut or a full disk: {file} is cut short "
        f"or overwritten. Nothing was touched. {way}"
    )


def check_writable(folder: Path | None) -> None:
    """Raises UserError if Pulumi could not write its state there."""
    if folder is None:
        return
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(ROOM))
    except OSError as error:
        raise UserError(
            f"Pulumi keeps its state in {folder}, which cannot be written ({error.strerror}). Nothing "
            "was touched: make room there, or have it belong to you, then run the same command again."
        ) from None


def _read(file: Path) -> dict[str, Any] | None:
    """None if it is damaged or not there."""
    if file.name.endswith(".zst"):  # which this Python cannot read
        return {"checkpoint": {}}
    try:
        data = file.read_bytes()
        state = json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
    except (FileNotFoundError, ValueError, EOFError, gzip.BadGzipFile, zlib.error):
        return None
    whole = isinstance(state, dict) and isinstance(state.get("checkpoint"), dict)
    return state if whole else None


def _written(file: Path) -> float:
    return file.stat().st_mtime


def _opens(passphrase: bytes, salt: str) -> bool:
    """Whether Pulumi, which has encrypted a known word, would find it with this passphrase."""
    version, _, word = salt.partition(":")
    of_key, _, word = word.partition(":")
    if version != "v1":
        return True
    try:
        _, nonce, text = word.split(":")
        key = hashlib.pbkdf2_hmac("sha256", passphrase, b64decode(of_key), 1_000_000, 32)
        AESGCM(key).decrypt(b64decode(nonce), b64decode(text), None)
    except (InvalidTag, ValueError, binascii.Error):
        return False
    return True
