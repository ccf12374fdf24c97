"""The idempotent scripts of `scripts/`, as text that any shell on any machine can run: `setup/` for a bare machine,
`stack/` for what a stack has on it, `look/` for questions."""

import hashlib
import re
import shlex
from pathlib import Path

from cyberhubs.paths import CHECKOUT

_FOLDER = Path(__file__).parent / "scripts"
_FILES = {path.stem: path for path in _FOLDER.glob("*/*.sh")}
_RENAMED = {"leave": "teardown", "check": "smoke"}  # in states from before, until their next update
# Parts of those scripts that say "Uses common.sh".
_SHARED = ("common", "common-distribution", "common-mounts", "common-quotas")
SCRIPT = "CYBERHUBS_SCRIPT"  # in the environment of a call: its `digest`
_CALL = re.compile(r"sh cyberhubs/machine/(?:\w+/)+([\w-]+)\.sh\b")


def script(name: str, *arguments: str | int, check: bool = False) -> str:
    """The script NAME.sh with its positional parameters set. Never put a secret in them: give it by stdin.

    `check`: for one that uses common.sh, have it say what it would change, and change nothing.
    """
    parameters = " ".join(shlex.quote(str(argument)) for argument in arguments)
    text = _FILES[name].read_text()
    if uses := re.search(r"Uses (common\.sh.*)\.$", text, re.MULTILINE):
        shared = "".join(
            (_FOLDER / f"{part}.sh").read_text() for part in _SHARED if f"{part}.sh" in uses[1]
        )
        text = f"check={'yes' if check else ''}\n{shared}{text}"
    elif check:
        raise ValueError(f"{name}.sh cannot only check")
    return f"set -- {parameters}\n{text}"


def call(name: str, *arguments: str | int) -> str:
    """The command that runs it in a checkout: what Pulumi keeps, and shows in previews and errors, of a
    script. See `called` for another machine."""
    path = _FILES[name].relative_to(CHECKOUT)
    return f"sh {path} {shlex.join(map(str, arguments))}".rstrip()


def called(command: str, *, check: bool = False) -> str:
    """The text of the script that a `call` names, with `check` as for `script`; any other command as it is."""
    if (name := name_called(command)) is None:
        return command
    return script(name, *shlex.split(command)[2:], check=check)


def name_called(command: str) -> str | None:
    """The name of the script that a `call` names; None for any other command."""
    match = _CALL.match(command)
    return _RENAMED.get(match[1], match[1]) if match else None


def digest(*commands: str) -> str | None:
    """12 hex digits that change with the scripts that any of the commands call; None if none does."""
    texts = [called(command) for command in commands if name_called(command)]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12] if texts else None
