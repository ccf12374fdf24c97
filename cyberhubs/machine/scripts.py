"""The convergent scripts of `setup/`, as text that any shell on any machine can run."""

import hashlib
import shlex
from pathlib import Path

_SETUP = Path(__file__).parent / "setup"
_COMMON = ("common", "distribution")
_USES_COMMON = "Uses common.sh."
_CALL = "sh cyberhubs/machine/setup/"


def script(name: str, *arguments: str | int, check: bool = False) -> str:
    """The script `setup/NAME.sh` with its positional parameters set. Never put a secret in them: give it by stdin.

    `check`: for one that uses common.sh, have it say what it would change, and change nothing.
    """
    parameters = " ".join(shlex.quote(str(argument)) for argument in arguments)
    text = (_SETUP / f"{name}.sh").read_text()
    if _USES_COMMON in text:
        common = "".join((_SETUP / f"{part}.sh").read_text() for part in _COMMON)
        text = f"check={'yes' if check else ''}\n{common}{text}"
    elif check:
        raise ValueError(f"{name}.sh cannot only check")
    return f"set -- {parameters}\n{text}"


def call(name: str, *arguments: str | int) -> str:
    """The command that runs it in a checkout: what Pulumi keeps, and shows in previews and errors, of a
    script. See `called` for another machine."""
    return f"{_CALL}{name}.sh {shlex.join(map(str, arguments))}".rstrip()


def called(command: str) -> str:
    """The text of the script that a `call` names; any other command as it is."""
    if not command.startswith(_CALL):
        return command
    file, *arguments = shlex.split(command.removeprefix(_CALL))
    return script(file.removesuffix(".sh"), *arguments)


def digest(*commands: str) -> str | None:
    """12 hex digits that change with the scripts that any of the commands call; None if none does."""
    texts = [called(command) for command in commands if command.startswith(_CALL)]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12] if texts else None
