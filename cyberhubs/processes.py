"""Other processes of this machine: how Pulumi starts those of this program, and which run."""

import re
import shlex
from pathlib import Path

from cyberhubs.paths import CHECKOUT, VENV

PYTHON = VENV.relative_to(CHECKOUT) / "bin/python"


def python_module(module: str, *arguments: str) -> str:
    """The command, for a shell in the checkout, that runs a module of it. Relative, since Pulumi keeps it in
    a stack's state, which another checkout may go on with."""
    return shlex.join([str(PYTHON), "-m", module, *arguments])


def runs(pid: int, name: str) -> bool:
    """Whether the program `name` runs under this number; one that has ended may not be reaped yet."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    found = re.match(r"\d+ \((.*)\) (\S)", stat, re.S)
    return bool(found) and found[1] == name and found[2] not in "ZX"
