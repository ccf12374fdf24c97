"""Pulumi's command line and its Python language host, built from Go modules."""

import hashlib
import shutil

from cyberhubs import paths, pins
from cyberhubs.progress import Report
from install import pulumi
from install.pulumi import HOST

from . import golang

VERSION_SYMBOL = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
CLI_MODULE, HOST_MODULE = paths.OFFLINE / "go/cli", paths.OFFLINE / "go/language-python"
CLI_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
HOST_PACKAGE = "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"
SDK = "github.com/pulumi/pulumi/sdk/v3"


class StandIn:
    def __init__(self, item: pulumi.Pulumi) -> None:
        self.name = item.name

    def found(self) -> str | None:
        return pulumi.found_in_place(_key())

    def packages(self, report: Report) -> str:
        version = pins.OLDEST_PULUMI
        go = golang.Go.find(CLI_MODULE, report)
        part = pulumi.fresh_part()
        host_version = golang.required(HOST_MODULE, SDK)
        with report.step(f"pulumi: building {version} from Go modules") as step:
            go.build(
                CLI_MODULE, CLI_PACKAGE, part / "pulumi", f"-X {VERSION_SYMBOL}=v{version}", step
            )
        with report.step(f"pulumi: building the Python language host {host_version}") as step:
            flag = f"-X {VERSION_SYMBOL}=v{host_version}"
            go.build(HOST_MODULE, HOST_PACKAGE, part / f"{HOST}-host", flag, step)
        # The host is the last one that is a Go module of its own; it starts programs through the
        # script of the SDK that matches the engine.
        shutil.copy(
            go.folder(CLI_MODULE, SDK) / "python/cmd" / f"{HOST}-exec", part / f"{HOST}-exec"
        )
        shutil.copy(HOST_MODULE / HOST, part / HOST)
        programs = sorted(part.iterdir(), reverse=True)
        for program in programs:
            program.chmod(0o755)
        pulumi.move_into_place(programs, version, _key())
        part.rmdir()
        return f"built {version}"


def _key() -> str:
    digest = hashlib.sha256()
    for file in sorted((*CLI_MODULE.iterdir(), *HOST_MODULE.iterdir())):
        digest.update(file.read_bytes())
    return f"build of {digest.hexdigest()}"
