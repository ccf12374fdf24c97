"""Keys for ssh."""

import subprocess
from pathlib import Path


def make_key(file: Path) -> Path:
    """A private key without a passphrase, with its public one beside it, which has no comment."""
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return file
