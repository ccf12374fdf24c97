"""A far engine's socket, brought here by one `ssh` that ends with this process."""

import subprocess
import tempfile
from urllib.parse import urlsplit

from offline.plugins.resource import ProviderError

SOCKET = "/var/run/docker.sock"
# The far `cat` ends when our end of its input closes, however that comes; then the folder goes.
SCRIPT = 'folder=$1; shift; ssh "$@"; rm -rf "$folder"'


def tunnel(address: str, options: list[str]) -> str:
    """Answers a unix:// address for ssh://[user@]host[:port][/socket]. options: further ones of ssh.

    One connection serves all requests; the SDK would make one for each.
    """
    url = urlsplit(address)
    folder = tempfile.mkdtemp(prefix="docker-ssh-")  # nobody else may enter it
    near = f"{folder}/docker.sock"
    user = ["-l", url.username] if url.username else []
    port = ["-p", str(url.port)] if url.port else []
    forward = ["-T", "-o", "ExitOnForwardFailure=yes", "-L", f"{near}:{url.path or SOCKET}"]
    ssh = [*options, *user, *port, *forward, "--", url.hostname or "", "cat"]
    process = subprocess.Popen(
        ["sh", "-c", SCRIPT, "sh", folder, *ssh],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the engine to handle; and no prompts
    )
    assert process.stdin and process.stdout and process.stderr
    process.stdin.write(b"there?\n")
    process.stdin.flush()
    if not process.stdout.readline():
        said = process.stderr.read().decode(errors="replace").strip()
        raise ProviderError(
            f"ssh to {address} failed: {said}; make `ssh {url.hostname}` work without a question, "
            "with a known host key, and run this again"
        )
    return f"unix://{near}"
