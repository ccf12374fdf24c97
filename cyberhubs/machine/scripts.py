"""The convergent scripts of `setup/`, as text that any shell on any machine can run."""

import shlex
from pathlib import Path

_SETUP = Path(__file__).parent / "setup"
_COMMON = ("common", "distribution")
_USES_COMMON = "Uses common.sh."


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
