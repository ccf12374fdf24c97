"""Other processes of this machine."""

import re
from pathlib import Path


def runs(pid: int, name: str) -> bool:
    """Whether the program `name` runs under this number; one that has ended may not be reaped yet."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    found = re.match(r"\d+ \((.*)\) (\S)", stat, re.S)
    return bool(found) and found[1] == name and found[2] not in "ZX"
