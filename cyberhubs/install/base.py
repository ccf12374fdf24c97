"""The image that all of ours are built from: Debian's, or one made by debootstrap."""

import os
import shutil
import subprocess
from pathlib import Path

from . import apt, engine_image, places
from .process import run
from .report import Report, Step, UnavailableError

SUITE = "bookworm"
IMAGE = f"cyberhubs-base:{SUITE}"
PUBLIC = f"debian:{SUITE}-slim"
SCRIPT = Path(__file__).with_name("base.sh")


class Base(engine_image.EngineImage):
    def __init__(self) -> None:
        super().__init__(IMAGE, PUBLIC)

    def make(self, report: Report) -> str:
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
            engine_image.load(root, IMAGE, ['CMD ["bash"]'])
        shutil.rmtree(root)
        return f"made of Debian's {SUITE} packages"


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
