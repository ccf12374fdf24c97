"""The providers' plugins: the official ones, or those of offline/plugins."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from cyberhubs import paths, pins
from cyberhubs.progress import Report

from . import fetch, ladder, pulumi
from .errors import InstallError, UnavailableError
from .process import run

NAMES = ("docker", "command", "openstack", "github")
# Where Pulumi publishes them (.github/workflows/publish.yml in github.com/pulumi/pulumi-docker) and
# looks for them after GitHub (sdk/go/common/workspace/plugins.go in github.com/pulumi/pulumi). The
# checksums published with most are SHA-1, and `pulumi plugin install` checks SHA-256 only.
RELEASES = "https://get.pulumi.com/releases/plugins"
# Runs the stand-in of the checkout that the engine is started in, so that two clones do not meet;
# outside of any, that of the checkout which installed this and is named in a file beside it.
SHIM = """\
#!/bin/sh
# Cyberhubs: stands in for Pulumi's {name} plugin by running a checkout's offline/plugins/{name}.
checkout=$PWD
while [ ! -d "$checkout/offline/plugins/{name}" ] && [ "$checkout" != / ]; do
  checkout=$(dirname "$checkout")
done
[ "$checkout" != / ] || checkout=$(cat "${{0%/*}}/checkout")
if [ ! -x "$checkout/.venv/bin/python" ]; then
  echo "Pulumi's {name} plugin is run from $checkout, which is gone or not set up:" \\
    "run make setup in a checkout of Cyberhubs, and pulumi inside of it." >&2
  exit 1
fi
PYTHONPATH=$checkout exec "$checkout/.venv/bin/python" -m offline.plugins.{name} "$@"
"""
SHIM_MARK = "# Cyberhubs: stands in for"


class Plugin:
    def __init__(self, plugin: str) -> None:
        self.plugin = plugin
        self.version = pins.python_package(f"pulumi-{plugin}")

    @property
    def name(self) -> str:
        return f"plugin {self.plugin} {self.version}"

    def found(self) -> str | None:
        program = _folder(self.plugin) / f"pulumi-resource-{self.plugin}"
        unfinished = program.parent.with_name(program.parent.name + ".partial")
        if not os.access(program, os.X_OK) or unfinished.exists():
            return None
        if not _is_shim(program):
            return "found"
        if program.read_text() != self._shim() or not _recorded_checkout(program).is_dir():
            return None
        return "found (offline/plugins)"

    def sources(self) -> Sequence[ladder.Source]:
        return [ladder.vendor(self._download), ladder.packages(self._put_shim)]

    def _download(self, report: Report) -> str:
        fetch.require(f"{RELEASES}/{release_file(self.plugin, self.version)}")
        program = pulumi.executable()
        if program is None:
            raise UnavailableError("there is no pulumi yet to download it")
        with report.step(f"{self.name}: downloading"):
            shutil.rmtree(_folder(self.plugin), ignore_errors=True)  # a shim, if there was one
            run(
                [
                    *(program, "plugin", "install", "resource", self.plugin, self.version),
                    *("--server", RELEASES),  # the file that is there, not first one of GitHub
                ],
                log=f"plugin-{self.plugin}",
                env={"PULUMI_HOME": str(paths.pulumi_home())},
            )
        if self.found() is None:
            raise InstallError(f"What came as {self.name} is none: run the same command again.")
        return "downloaded"

    def _put_shim(self, report: Report) -> str:
        folder = _folder(self.plugin)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "checkout").write_text(f"{paths.CHECKOUT}\n")
        part = folder / "shim.part"
        part.write_text(self._shim())
        part.chmod(0o755)
        part.replace(folder / f"pulumi-resource-{self.plugin}")
        return "runs from offline/plugins"

    def _shim(self) -> str:
        return SHIM.format(name=self.plugin)


def release_file(plugin: str, version: str) -> str:
    """The name of the vendor's archive for this machine; UnavailableError if there is none."""
    system, architecture = pulumi.platform_names("amd64")
    return f"pulumi-resource-{plugin}-v{version}-{system}-{architecture}.tar.gz"


def _folder(plugin: str) -> Path:
    version = pins.python_package(f"pulumi-{plugin}")
    return paths.pulumi_home() / "plugins" / f"resource-{plugin}-v{version}"


def _recorded_checkout(program: Path) -> Path:
    return Path(program.with_name("checkout").read_text().rstrip("\n"))


def _is_shim(program: Path) -> bool:
    try:
        with program.open("rb") as file:
            return SHIM_MARK.encode() in file.read(200)
    except OSError:
        return False
