"""What a machine shows of itself before anybody trusts it."""

import subprocess

from cyberhubs.machine.ssh import CONNECT_S


def host_keys(address: str, port: int) -> list[str]:
    """The host keys that a machine presents now, "type base64" each; nobody has vouched for them."""
    done = subprocess.run(
        ["ssh-keyscan", "-T", str(CONNECT_S), "-p", str(port), "--", address],
        capture_output=True,
        text=True,
    )
    lines = [line.split() for line in done.stdout.splitlines() if not line.startswith("#")]
    return sorted(" ".join(words[1:3]) for words in lines if len(words) >= 3)
