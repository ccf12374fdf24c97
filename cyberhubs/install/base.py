"""The image that all of ours are built from: Debian's, or one made by debootstrap."""

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
# What Debian's own slim image leaves out.
LEFT_OUT = ("doc", "man", "info", "groff", "lintian", "locale")


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
        name, tag = PUBLIC.split(":")
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
                raise InstallError(
                    f"Pulling {PUBLIC} stopped ({error}): run the same command again to go on."
                ) from error
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
            _slim(root)
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
    # In a mount namespace of its own, so that what it mounts in `root` goes when it is killed.
    run(
        [
            *("unshare", "--mount", "debootstrap", "--variant=minbase", f"--cache-dir={cache}"),
            *(SUITE, root, *_mirror()),
        ],
        log="debootstrap",
        env={"PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"},
        line=lambda text: step.show(text.removeprefix("I: ")),
    )


def _mirror() -> list[str]:
    """The mirror that this machine's own apt uses for the suite, where it has one."""
    command = ["apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI)"]
    if shutil.which("apt-get") is None:
        return []
    answer = subprocess.run(command, capture_output=True, text=True)
    for line in answer.stdout.splitlines():
        codename, _, uri = line.partition(" ")
        if codename == SUITE and urllib.parse.urlsplit(uri).scheme == "http":
            return [uri]
    return []


def _slim(root: Path) -> None:
    """Leaves out what no container reads, now and when packages are added."""
    lines = [f"path-exclude /usr/share/{name}/*\n" for name in LEFT_OUT]
    keep = "path-include /usr/share/doc/*/copyright\n"
    (root / "etc/dpkg/dpkg.cfg.d/docker").write_text("".join(lines) + keep)
    for name in LEFT_OUT:
        for entry in (root / "usr/share" / name).glob("*"):
            _clear(entry)
    for pattern in ("var/cache/apt/archives/*.deb", "var/lib/apt/lists/*", "var/log/*"):
        for entry in root.glob(pattern):
            _clear(entry)


def _clear(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


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
        docker_api.post(
            f"/images/create?fromSrc=-&repo={REPOSITORY}&tag={TAG}&{changes}", body=blocks()
        )
