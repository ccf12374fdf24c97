"""What mounts.sh is told of the mounts of a stack."""

import base64
from collections.abc import Iterator, Mapping

from cyberhubs.machine.script import script
from cyberhubs.settings import Settings
from cyberhubs.settings.mounts import MOUNTS, Mount, Rclone, Sshfs

FILES = "/etc/cyberhubs/mounts"  # has a folder for each, with its credentials
# A far side that is silent for 15 s is gone: what was asked of it fails, and it is tried anew at each question.
SSH_CONFIG = """\
Host *
HostName {host}
Port {port}
User {user}
IdentityFile {files}/key
IdentitiesOnly yes
BatchMode yes
HostKeyAlias {name}
UserKnownHostsFile {files}/known_hosts
GlobalKnownHostsFile /dev/null
StrictHostKeyChecking yes
ConnectTimeout 5
ServerAliveInterval 5
ServerAliveCountMax 3
"""
# rclone wants these obscured in its configuration.
_OBSCURED = ("pass", "password", "password2")


def mount_arguments(settings: Settings) -> tuple[str | int, ...]:
    """Of mounts.sh: `_common`, the data directory, and for each mount its name, kind, ro or rw, and the command that
    mounts it, as systemd reads it."""
    mounts = (
        f"{_said(name, mount)} {' '.join(map(_word, _command(settings, name, mount)))}"
        for name, mount in sorted(settings.mounts.items())
    )
    return *_common(settings), settings.host.data_path, *mounts


def mount_files(mounts: Mapping[str, Mount]) -> str:
    """Its stdin: a line for each file, with its path below FILES and its content in base64. A secret."""
    return "".join(
        f"{name}/{file} {base64.b64encode(text.encode()).decode()}\n"
        for name, mount in sorted(mounts.items())
        for file, text in _files(name, mount)
    )


def look_at_mounts(settings: Settings) -> str:
    """The script that prints a line for each mount that members cannot use now, with its name first."""
    mounts = (_said(name, mount) for name, mount in sorted(settings.mounts.items()))
    return script("mounts-answer", *_common(settings), *mounts)


def _common(settings: Settings) -> tuple[int, int, str]:
    """uid and gid of members, and variables for the way out."""
    way_out = " ".join(f"{key}={value}" for key, value in settings.proxy_environment.items())
    return settings.user.uid, settings.user.gid, way_out


def _said(name: str, mount: Mount) -> str:
    return f"{name} {mount.kind} {_access(mount)}"


def _access(mount: Mount) -> str:
    return "ro" if mount.read_only else "rw"


def _command(settings: Settings, name: str, mount: Mount) -> Iterator[str]:
    uid, gid = settings.user.uid, settings.user.gid
    place, files = f"{MOUNTS}/{name}", f"{FILES}/{name}"
    options = f"nosuid,nodev,{_access(mount)}"
    if mount.sshfs:
        yield from ("/usr/bin/sshfs", "-f", "-F", f"{files}/ssh_config")
        yield from (f"{name}:{mount.sshfs.path}", place, "-o")
        yield f"{options},allow_other,default_permissions,uid={uid},gid={gid},reconnect,delay_connect"
    elif mount.rclone:
        cache = f"{settings.host.data_path}/var/cache/cyberhubs/{name}"  # what is yet to be sent
        yield from ("/usr/bin/rclone", "mount", f"{name}:", place)
        yield from (f"--config={files}/rclone.conf", f"--cache-dir={cache}")
        yield from ("--allow-other", "--default-permissions", f"--uid={uid}", f"--gid={gid}")
        yield from ("--umask=022", "--dir-cache-time=30s", "--contimeout=5s", "--timeout=15s")
        yield from ("--low-level-retries=2", "--retries=1", "--vfs-cache-mode=writes")
        if mount.read_only:
            yield "--read-only"
    elif mount.nfs:
        server = f"[{mount.nfs.server}]" if ":" in mount.nfs.server else mount.nfs.server
        yield from ("/bin/mount", "-t", "nfs", "-o", f"{options},soft,timeo=50,retrans=2,retry=0")
        yield from (f"{server}:{mount.nfs.path}", place)


def _files(name: str, mount: Mount) -> Iterator[tuple[str, str]]:
    match mount:
        case Mount(sshfs=Sshfs() as far):
            yield "key", far.private_key.get_secret_value().rstrip("\n") + "\n"
            yield "known_hosts", f"{name} {far.host_key}\n"
            at = {"host": far.host, "port": far.port, "user": far.user}
            yield "ssh_config", SSH_CONFIG.format(**at, name=name, files=f"{FILES}/{name}")
        case Mount(rclone=Rclone() as far):
            yield "remote", "".join(f"{line}\n" for line in _remote(name, far))


def _remote(name: str, far: Rclone) -> Iterator[str]:
    """Lines of its configuration, of which mounts.sh still has to obscure some."""
    yield from (f"[{name}]", "type = alias", f"remote = {name}-far:{far.path}", f"[{name}-far]")
    yield f"type = {far.type}"
    yield from (f"{key} = {value}" for key, value in far.options.items())
    for key, secret in far.secrets.items():
        obscure = "obscure " if key.rpartition("_")[2] in _OBSCURED else ""
        yield f"{obscure}{key} = {secret.get_secret_value().strip()}"


def _word(text: str) -> str:
    """As a unit of systemd's has it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if set(text) & set(" \"'\\;") else escaped
