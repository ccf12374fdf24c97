"""The image that all of ours are built from: Debian's, or one made by debootstrap."""

import errno
import os
import shutil
import subprocess
import urllib.parse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from . import apt, docker_api, ladder, places
from .process import run
from .report import InstallError, Report, Step, UnavailableError

SUITE = "bookworm"
REPOSITORY, TAG = "cyberhubs-base", SUITE
PUBLIC = f"debian:{SUITE}-slim"
FIRST_ANSWER_S = 25.0
SCRIPT = Path(__file__).with_name("base.sh")


class Base:
    name = f"base image {REPOSITORY}:{TAG}"

    def found(self) -> str | None:
        try:
            image = docker_api.get(f"/images/{REPOSITORY}:{TAG}/json")
        except LookupError:
            return None
        except OSError as error:
            raise InstallError(
                f"No Docker engine answers ({error}): run python3 -m cyberhubs.install engine."
            ) from error
        return f"found ({image['Id'][:19]})"

    def rungs(self) -> Sequence[ladder.Rung]:
        return [ladder.vendor(self._pull), ladder.packages(self._bootstrap)]

    def _pull(self, report: Report) -> str:
        name, tag = PUBLIC.rsplit(":", 1)
        with report.step(f"base image: pulling {PUBLIC}") as step:
            try:
                # The engine looks the name up, so only it can tell whether there is a way out.
                docker_api.get(f"/distribution/{PUBLIC}/json", timeout=FIRST_ANSWER_S)
            except (OSError, LookupError) as error:
                raise UnavailableError("the engine reaches no registry with it") from error
            try:
                docker_api.post(
                    f"/images/create?fromImage={name}&tag={tag}", progress=_progress(step)
                )
                docker_api.post(f"/images/{PUBLIC}/tag?repo={REPOSITORY}&tag={TAG}")
            except OSError as error:
                raise _stopped(f"Pulling {PUBLIC}", error) from error
            digests = docker_api.get(f"/images/{PUBLIC}/json")["RepoDigests"]
        return f"pulled {digests[0] if digests else PUBLIC}"

    def _bootstrap(self, report: Report) -> str:
        if os.geteuid() != 0:
            raise UnavailableError("only root can make one with debootstrap")
        if shutil.which("debootstrap", path="/usr/sbin:/usr/bin") is None:
            if not apt.may_install():
                raise UnavailableError("there is no debootstrap")
            apt.install(["debootstrap", "debian-archive-keyring"], report)
        root = places.build() / "base.part"
        shutil.rmtree(root, ignore_errors=True)
        with report.step(f"base image: making Debian {SUITE} with debootstrap") as step:
            _debootstrap(root, step)
            step.show("importing")
            _import(root)
        shutil.rmtree(root)
        return f"made of Debian's {SUITE} packages"


def _progress(step: Step) -> Any:
    def show(message: dict[str, Any]) -> None:
        step.show(" ".join(filter(None, [message.get("status"), message.get("progress")])))

    return show


def _debootstrap(root: Path, step: Step) -> None:
    cache = places.build() / "debootstrap"
    cache.mkdir(exist_ok=True)
    mirrors = _mirrors()
    sources = "".join(f"deb {mirror} {suite} main\n" for suite, mirror in mirrors.items())
    run(
        ["unshare", "--mount", "sh", SCRIPT, SUITE, root, cache, mirrors.get(SUITE, "")],
        log="debootstrap",
        stdin=sources,
        line=lambda text: step.show(text.removeprefix("I: ")),
    )


def _mirrors() -> dict[str, str]:
    """What this machine's own apt reads of the suite: {suite: mirror}; often empty elsewhere."""
    if shutil.which("apt-get") is None:
        return {}
    command = ["apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI)"]
    answer = subprocess.run(command, capture_output=True, text=True)
    mirrors = dict(line.split() for line in answer.stdout.splitlines() if line.count(" ") == 1)
    # The new system has no certificates yet, so only plain http will do; packages are signed.
    return {
        suite: mirrors[suite]
        for suite in (SUITE, f"{SUITE}-updates", f"{SUITE}-security")
        if mirrors.get(suite, "").startswith("http://")
    }


def _import(root: Path) -> None:
    with subprocess.Popen(
        ["tar", "-C", root, "--numeric-owner", "-c", "."], stdout=subprocess.PIPE
    ) as tar:
        assert tar.stdout is not None
        stream = tar.stdout

        def blocks() -> Iterator[bytes]:
            while block := stream.read(1 << 20):
                yield block
            if tar.wait() != 0:
                raise InstallError("tar could not read the new base image: run it again.")

        changes = urllib.parse.urlencode({"changes": 'CMD ["bash"]'})
        try:
            docker_api.post(
                f"/images/create?fromSrc=-&repo={REPOSITORY}&tag={TAG}&{changes}", body=blocks()
            )
        except OSError as error:
            raise _stopped("The import of the new base image", error) from error


def _stopped(what: str, error: OSError) -> Exception:
    if error.errno == errno.ENOSPC:
        return error
    return InstallError(f"{what} stopped ({error}): run the same command again to go on.")
