"""Where things are on the machine that runs the program: in the checkout, and in a home of ours beside it."""

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
STACKS = CHECKOUT / "stacks"
VENV = CHECKOUT / ".venv"
REQUIREMENTS = CHECKOUT / "requirements"
OFFLINE = CHECKOUT / "offline"


def stack_file(stack: str) -> Path:
    return STACKS / f"Pulumi.{stack}.yaml"


def stack_files(folder: Path) -> dict[str, Path]:
    """Those in a folder, by the stack's name."""
    return {
        file.name.removeprefix("Pulumi.").removesuffix(".yaml"): file
        for file in sorted(folder.glob("Pulumi.*.yaml"))
    }


def home() -> Path:
    """CYBERHUBS_HOME, made with mode 0700 if it is not there."""
    path = Path(os.environ.get("CYBERHUBS_HOME") or "~/.cyberhubs").expanduser().absolute()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def build() -> Path:
    """For downloads and build outputs: whatever is here can be deleted."""
    return _made(home() / "build")


def tools() -> Path:
    """For programs beside Pulumi's that `make` calls."""
    return _made(home() / "tools")


def run() -> Path:
    """For pid files and logs of what `make` started."""
    return _made(home() / "run")


def pulumi_home() -> Path:
    given = os.environ.get("PULUMI_HOME")
    return _made(Path(given).expanduser().absolute() if given else home() / "pulumi")


def _made(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path
