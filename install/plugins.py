"""The providers' official plugins."""

import os
import shutil

from cyberhubs import paths, pins
from cyberhubs.errors import UserError
from cyberhubs.progress import Report

from . import fetch, pulumi
from .ladder import UnavailableError
from .process import run

NAMES = ("docker", "command", "openstack", "github")
# Where Pulumi publishes them (.github/workflows/publish.yml in github.com/pulumi/pulumi-docker) and
# looks for them after GitHub (sdk/go/common/workspace/plugins.go in github.com/pulumi/pulumi). The
# checksums published with most are SHA-1, and `pulumi plugin install` checks SHA-256 only.
RELEASES = "https://get.pulumi.com/releases/plugins"


class Plugin:
    """`checkout`: a file that is there where something else stands in for it."""

    def __init__(self, plugin: str) -> None:
        self.plugin = plugin
        self.version = pins.python_package(f"pulumi-{plugin}")
        self.name = f"plugin {plugin} {self.version}"
        self.folder = paths.pulumi_home() / "plugins" / f"resource-{plugin}-v{self.version}"
        self.checkout = self.folder / "checkout"
        self.program = self.folder / f"pulumi-resource-{plugin}"

    @property
    def release_file(self) -> str:
        return pulumi.release_file(self.program.name, self.version, "amd64")

    def found(self) -> str | None:
        unfinished = self.folder.with_name(f"{self.folder.name}.partial")
        whole = os.access(self.program, os.X_OK) and not unfinished.exists()
        return "found" if whole and not self.checkout.exists() else None

    def vendor(self, report: Report) -> str:
        fetch.require(f"{RELEASES}/{self.release_file}")
        program = pulumi.executable()
        if program is None:
            raise UnavailableError("there is no pulumi yet to download it")
        with report.step(f"{self.name}: downloading"):
            shutil.rmtree(self.folder, ignore_errors=True)  # a stand-in, if there was one
            run(
                [
                    *(program, "plugin", "install", "resource", self.plugin, self.version),
                    *("--server", RELEASES),  # the file that is there, not first one of GitHub
                ],
                log=f"plugin-{self.plugin}",
                env={"PULUMI_HOME": str(paths.pulumi_home())},
            )
        if self.found() is None:
            raise UserError(f"What came as {self.name} is none: run the same command again.")
        return "downloaded"
