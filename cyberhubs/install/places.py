"""Where things are: the checkout, and the machine-wide home of ours outside git."""

import os
import re
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
VENV = CHECKOUT / ".venv"
REQUIREMENTS = CHECKOUT / "requirements"
OFFLINE = CHECKOUT / "offline"


def home() -> Path:
    """CYBERHUBS_HOME, made with mode 0700 if it is not there."""
    path = Path(os.environ.get("CYBERHUBS_HOME") or "~/.cyberhubs").expanduser().absolute()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def build() -> Path:
    """For downloads and build outputs: whatever is here can be deleted."""
    return _made(home() / "build")


def run() -> Path:
    """For pid files and logs of what `make` started."""
    return _made(home() / "run")


def pulumi_home() -> Path:
    given = os.environ.get("PULUMI_HOME")
    return _made(Path(given).expanduser().absolute() if given else home() / "pulumi")


def pinned(package: str) -> str:
    """The exact version that requirements/run.in pins a Python package to."""
    text = (REQUIREMENTS / "run.in").read_text()
    match = re.search(rf"^{re.escape(package)}==(\S+)$", text, re.MULTILINE)
    if match is None:
        raise LookupError(f"requirements/run.in pins no exact version of {package}")
    return match[1]


def _made(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path
