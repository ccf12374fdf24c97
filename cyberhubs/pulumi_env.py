"""The environment in which `pulumi` is run, by the operator's commands and by hand."""

import json
import os
import secrets
from pathlib import Path

from cyberhubs import paths


def variables() -> dict[str, str]:
    """What to add to the environment; what the operator has set is left as it is.

    Makes the folder of the default backend and the passphrase, once, where they are used.
    """
    pulumi_home = paths.pulumi_home()
    programs = [str(paths.VENV / "bin"), str(pulumi_home / "bin")]
    old = [part for part in os.environ.get("PATH", "").split(os.pathsep) if part not in programs]
    added = {
        "CYBERHUBS_HOME": str(paths.home()),
        "PULUMI_HOME": str(pulumi_home),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PATH": os.pathsep.join([*programs, *old]),
    }
    if not os.environ.get("PULUMI_BACKEND_URL") and not _logged_in(pulumi_home):
        state = paths.home() / "state"
        state.mkdir(mode=0o700, exist_ok=True)
        added["PULUMI_BACKEND_URL"] = f"file://{state}"
    if not any(
        name in os.environ for name in ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")
    ):
        added["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(_passphrase())
    if any((pulumi_home / "plugins").glob("*/checkout")):  # a stand-in for an official one
        # The engine would wait for downloads that cannot come, of plugins no program uses.
        added["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
    return added


def _logged_in(pulumi_home: Path) -> bool:
    """Whether `pulumi login` has chosen a backend."""
    try:
        credentials = json.loads((pulumi_home / "credentials.json").read_text())
    except (OSError, ValueError):
        return False
    return bool(credentials.get("current"))


def _passphrase() -> Path:
    """Made once: what it encrypts can be read with nothing else."""
    path = paths.home() / "passphrase"
    if path.exists():
        return path
    part = path.with_name(f"passphrase.{os.getpid()}")
    with open(part, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(secrets.token_urlsafe(32) + "\n")
    try:
        os.link(part, path)  # of two at once, one wins and both use it
    except FileExistsError:
        pass
    finally:
        part.unlink()
    return path
