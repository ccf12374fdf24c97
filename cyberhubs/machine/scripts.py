"""The convergent scripts of `setup/`, as text that any shell on any machine can run."""

import shlex
from pathlib import Path

_SETUP = Path(__file__).parent / "setup"


def script(name: str, *arguments: str | int) -> str:
    """The script `setup/NAME.sh` with its positional parameters set. Never put a secret in them: give it by stdin."""
    parameters = " ".join(shlex.quote(str(argument)) for argument in arguments)
    return f"set -- {parameters}\n{(_SETUP / f'{name}.sh').read_text()}"
