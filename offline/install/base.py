"""An image of a small Debian, made by debootstrap."""

import os
import shutil
import subprocess
from pathlib import Path

from cyberhubs import paths
from cyberhubs.progress import Report, Step
from install import apt, engine_image
from install.ladder import UnavailableError
from install.process import run

from . import image

SCRIPT = Path(__file__).with_name("base.sh")


class StandIn(image.StandInImage):
    def __init__(self, item: engine_image.Base) -> None:
        super().__init__(item)
        self.suite = item.suite

    def packages(self, report: Report) -> str:
        if os.geteuid() != 0:
            raise UnavailableError("only root can make one with debootstrap")
        if shutil.which("debootstrap", path="/usr/sbin:/usr/bin") is None:
            if not apt.may_install():
                raise UnavailableError("there is no debootstrap")
            apt.install(["debootstrap", "debian-archive-keyring"], report)
        root = paths.build() / f"base-{self.suite}.part"
        shutil.rmtree(root, ignore_errors=True)
        with report.step(f"base image: making Debian {self.suite} with debootstrap") as step:
            _debootstrap(self.suite, root, step)
            step.show("importing")
            image.load(root, self.image, ['CMD ["bash"]'])
        shutil.rmtree(root)
        return f"made of Debian's {self.suite} packages"


def _debootstrap(suite: str, root: Path, step: Step) -> None:
    cache = paths.build() / "debootstrap" / suite
    cache.mkdir(parents=True, exist_ok=True)
    mirrors = _mirrors(suite)
    sources = "".join(f"deb {mirror} {part} main\n" for part, mirror in mirrors.items())
    run(
        ["unshare", "--mount", "sh", SCRIPT, suite, root, cache, mirrors.get(suite, "")],
        log="debootstrap",
        stdin=sources,
        line=lambda text: step.show(text.removeprefix("I: ")),
    )


def _mirrors(suite: str) -> dict[str, str]:
    """Where `suite`, its updates and its security fixes are, by the mirrors from which this machine's
    own apt reads those of whatever release of Debian: {part: mirror}; often empty elsewhere."""
    if shutil.which("apt-get") is None:
        return {}
    command = ["apt-get", "indextargets", "--format", "$(ORIGIN) $(CODENAME) $(REPO_URI)"]
    answer = subprocess.run(command, capture_output=True, text=True)
    mirrors: dict[str, str] = {}
    for line in answer.stdout.splitlines():
        match line.split():
            # The new system has no certificates yet, so only plain http will do; packages are signed.
            case ["Debian", codename, mirror] if mirror.startswith("http://"):
                _, dash, part = codename.partition("-")  # such as bookworm-security
                mirrors[f"{suite}{dash}{part}"] = mirror
    parts = (suite, f"{suite}-updates", f"{suite}-security")
    return {part: mirrors[part] for part in parts if part in mirrors}
