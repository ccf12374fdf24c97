"""The Docker engine: found, started, or installed and started where that may be done."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import docker
import urllib3.exceptions
from docker.errors import DockerException

from cyberhubs import paths
from cyberhubs.errors import UserError
from cyberhubs.processes import runs
from cyberhubs.progress import Report

from . import apt, fetch
from .ladder import UnavailableError
from .process import failure, run

DEFAULT_HOST = "unix:///var/run/docker.sock"
TROUBLE = (DockerException, OSError, urllib3.exceptions.HTTPError)  # of an engine, by the SDK
START_S = 90.0
STOP_S = 60.0
DAEMON_SETTINGS = Path("/etc/docker/daemon.json")
# As in "Install Docker Engine on Debian" (docs.docker.com/engine/install/debian); the list is named
# as by Docker's own installer (install.sh in github.com/docker/docker-install).
DOCKER_PACKAGES = "https://download.docker.com/linux"
KEY = Path("/etc/apt/keyrings/docker.asc")
SOURCE = Path("/etc/apt/sources.list.d/docker.list")
# Administrators' folders, which the PATH of a plain `su` lacks.
PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def address() -> str:
    return os.environ.get("DOCKER_HOST") or DEFAULT_HOST


def client(timeout_s: int = 10) -> docker.DockerClient:
    """Raises UserError for an address of no use, else one of TROUBLE when no engine answers."""
    kind, _, place = address().partition("://")
    if kind not in ("unix", "tcp", "http", "https"):
        raise UserError(
            f"DOCKER_HOST={address()} is not an address of the kind unix:// or tcp://: set it to "
            "one, or unset it to use this machine's own engine."
        )
    if kind == "unix" and os.access(place, os.F_OK) and not os.access(place, os.W_OK):
        raise UserError(
            f"This user may not use Docker at {address()}: add it to the group docker (as root: "
            "usermod -aG docker NAME), log in again, and run the same command again."
        )
    environment = {**os.environ, "DOCKER_HOST": address()}
    return docker.from_env(environment=environment, timeout=timeout_s)


def why(error: BaseException) -> str:
    """What the engine itself says of it, if it says something."""
    return getattr(error, "explanation", None) or str(error)


class Engine:
    name = "docker engine"

    def found(self) -> str | None:
        try:
            version = client().version()["Version"]
        except TROUBLE:
            return None
        return f"{version} found at {address()}"

    def here(self, report: Report) -> str:
        if address() != DEFAULT_HOST:
            raise UserError(
                f"No Docker engine answers at DOCKER_HOST={address()}: start it there, "
                "or unset DOCKER_HOST to use this machine's own."
            )
        if shutil.which("dockerd", path=PATH) is None:
            raise UnavailableError("no dockerd")
        return f"installed, {start(report)}"

    def vendor(self, report: Report) -> str:
        name, codename = apt.distribution()
        if name not in ("debian", "ubuntu") or not apt.may_install():
            raise UserError(
                "There is no Docker engine, and only root on Debian or Ubuntu may install one "
                "here: install Docker (https://docs.docker.com/engine/install), start it, and run "
                "the same command again."
            )
        fetch.require(f"{DOCKER_PACKAGES}/{name}/dists/{codename}/InRelease")
        key = fetch.text(f"{DOCKER_PACKAGES}/{name}/gpg")
        source = f"deb [signed-by={KEY}] {DOCKER_PACKAGES}/{name} {codename} stable\n"
        # apt reads the key as a user of its own, whatever the umask here.
        KEY.parent.mkdir(exist_ok=True)
        KEY.parent.chmod(0o755)
        for path, content in ((KEY, key), (SOURCE, source)):
            path.write_text(content)
            path.chmod(0o644)
        apt.refresh()
        try:
            if not apt.known("docker-ce"):
                raise UnavailableError(f"apt cannot use {DOCKER_PACKAGES}/{name} {codename}")
            apt.install(["docker-ce", "docker-ce-cli", "containerd.io"], report)
        except BaseException:
            SOURCE.unlink()  # or it would be in the way of every later use of apt
            raise
        return f"installed Docker's own packages, {start(report)}"


class Client:
    """Docker's command line, which scripts and Docker's provider run; an engine may be there without it."""

    name = "docker client"

    def found(self) -> str | None:
        path = shutil.which("docker")
        return f"found at {path}" if path else None

    def packages(self, report: Report) -> str:
        packages = apt.known("docker-cli") if apt.may_install() else []
        if not packages:
            raise UnavailableError(
                "install Docker's client (docker-cli on Debian and Ubuntu, docker-ce-cli of Docker's "
                "own packages)"
            )
        apt.install(packages, report)
        return "installed the distribution's docker-cli"


def stop(report: Report) -> None:
    """Stops the engine if this program started it and nothing runs on it."""
    pid = _running_pid()
    if pid is None:
        return
    try:
        running = len(client().api.containers())
    except TROUBLE:
        running = 0
    if running:
        report.line(f"docker engine: left running, {running} containers run on it")
        return
    with report.step("docker engine: stopping") as step:
        os.kill(pid, signal.SIGTERM)
        while runs(pid, "dockerd"):
            if step.seconds > STOP_S:
                raise UserError(f"The Docker engine (process {pid}) does not stop: kill it.")
            time.sleep(0.2)
    _pid_file().unlink(missing_ok=True)
    report.line("docker engine: stopped")


def start(report: Report) -> str:
    """Starts the installed engine and waits until it answers; how it was started."""
    if os.geteuid() != 0:
        raise UserError(
            "Docker is installed and does not run: start it (sudo systemctl start docker), then "
            "run the same command again."
        )
    with report.step("docker engine: starting"):
        if Path("/run/systemd/system").is_dir():
            run(["systemctl", "start", "docker"], log="systemctl")
            _wait_until_it_answers(None)
            return "started by systemd"
        daemon = _start_daemon()
        _wait_until_it_answers(daemon)
        _refuse_slow_storage(daemon)
        return "started as dockerd"


def _start_daemon() -> subprocess.Popen[bytes]:
    # What it stores images with is its own choice, and differs between releases and settings: one that is
    # named here would hide all images of the other.
    # Its own proxy of published ports ends for good at some thousand connections.
    no_proxy = [] if "userland-proxy" in _settings() else ["--userland-proxy=false"]
    with _log().open("wb") as log:
        return subprocess.Popen(
            [shutil.which("dockerd", path=PATH) or "dockerd", "--pidfile", _pid_file(), *no_proxy],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "PATH": PATH},
            cwd="/",
            start_new_session=True,
        )


def _refuse_slow_storage(daemon: subprocess.Popen[bytes]) -> None:
    """Ends an engine that found nothing better than vfs, which copies every layer whole, unless its
    administrator wants that."""
    about = client().info()
    if about["Driver"] != "vfs" or "vfs" in _settings():
        return
    daemon.terminate()
    daemon.wait()
    raise UserError(
        f"Docker can store its images under {about['DockerRootDir']} only by copying every layer (vfs): the "
        f"file system there cannot carry overlay2. Name another folder as data-root in {DAEMON_SETTINGS}, on "
        'ext4 or xfs, or say there that it is to be so ("storage-driver": "vfs"), and run the same command again.'
    )


def _settings() -> str:
    """What its administrator says."""
    return DAEMON_SETTINGS.read_text() if DAEMON_SETTINGS.exists() else ""


def _wait_until_it_answers(daemon: subprocess.Popen[bytes] | None) -> None:
    began = time.monotonic()
    while True:
        try:
            client()
            return
        except TROUBLE:
            pass
        if daemon is not None and daemon.poll() is not None:
            lines = _log().read_text(errors="replace").splitlines()
            tail = [line for line in lines if "level=info" not in line and "=warn" not in line][-9:]
            raise failure("dockerd", daemon.returncode, tail, _log())
        if time.monotonic() - began > START_S:
            where = _log() if daemon is not None else "journalctl -u docker"
            raise UserError(f"Docker was started and does not answer: {where} says why.")
        time.sleep(0.2)


def _running_pid() -> int | None:
    """The engine's process if it is the one that `_start_daemon` started."""
    try:
        pid = int(_pid_file().read_text())
    except (OSError, ValueError):
        return None
    return pid if runs(pid, "dockerd") else None


def _pid_file() -> Path:
    return paths.run() / "dockerd.pid"


def _log() -> Path:
    return paths.run() / "dockerd.log"
