"""Gitleaks, built from its Go module."""

from cyberhubs import paths, pins
from cyberhubs.progress import Report
from install import gitleaks

from . import golang

MODULE = paths.OFFLINE / "go/gitleaks"
PACKAGE = "github.com/zricethezav/gitleaks/v8"


class StandIn:
    def __init__(self, item: gitleaks.Gitleaks) -> None:
        self.name = item.name

    def found(self) -> str | None:
        return None  # it is the same program, which the item finds

    def packages(self, report: Report) -> str:
        go = golang.Go.find(MODULE, report)
        part = paths.build() / "gitleaks"
        with report.step(f"gitleaks: building {pins.GITLEAKS} from its Go module") as step:
            go.build(MODULE, PACKAGE, part, f"-X {PACKAGE}/version.Version={pins.GITLEAKS}", step)
        part.replace(gitleaks.target())
        return f"built {pins.GITLEAKS}"
