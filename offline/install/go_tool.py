"""A program of one Go module, built where its release cannot be downloaded."""

from pathlib import Path
from typing import Protocol

from cyberhubs.progress import Report
from install import ladder

from . import golang


class Tool(ladder.Item, Protocol):
    """`module`: the folder that pins it; `package`: what is built, with `link` for the linker; `program`: where to."""

    version: str
    module: Path
    package: str
    link: str

    @property
    def program(self) -> Path: ...


class StandIn:
    def __init__(self, item: Tool) -> None:
        self.name, self._tool = item.name, item

    def found(self) -> None:
        """It is the same program."""

    def packages(self, report: Report) -> str:
        tool = self._tool
        go = golang.Go.find(tool.module, report)
        with report.step(f"{tool.name}: building {tool.version} from its Go module") as step:
            go.build(tool.module, tool.package, tool.program, tool.link, step)
        return f"built {tool.version}"
