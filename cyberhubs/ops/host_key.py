"""The host keys that a machine presents."""

import subprocess

from cyberhubs.errors import UserError
from cyberhubs.machine.host_keys import host_keys
from cyberhubs.ops.stack import Stack
from cyberhubs.settings.stack_file import read_stack_file


def host_key(stack: Stack) -> None:
    """Shows the host keys that the machine presents, for the stack file, which may lack one yet."""
    raw, _ = read_stack_file(stack.file)
    login = raw.get("host", {}).get("ssh", {}) if isinstance(raw.get("host"), dict) else {}
    address, port = login.get("address"), login.get("port", 22)
    if not isinstance(address, str) or not isinstance(port, int):
        raise UserError(f"{stack.file.name} does not say host.ssh.address: which machine is it?")
    keys = host_keys(address, port)
    if not keys:
        raise UserError(f"No ssh server answers at {address}, port {port}.")
    print(f"The machine at {address} presents these host keys:\n")
    for key in keys:
        fingerprint = subprocess.run(
            ["ssh-keygen", "-lf", "-"], input=key, capture_output=True, text=True
        ).stdout.split()
        print(f"  {key}\n    {' '.join(fingerprint[1:2])}")
    best = next((key for key in keys if key.startswith("ssh-ed25519")), keys[0])
    print(
        "\nNobody has vouched for them. Compare a fingerprint with what the machine itself says, on "
        "its\nconsole: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub. Then put the key in "
        f"{stack.file.name}:\n\n  hostKey: {best}"
    )
