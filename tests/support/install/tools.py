"""Programs that only tests and benchmarks need, from the distribution's packages."""

import shutil

from cyberhubs.progress import Report
from install import apt
from install.ladder import UnavailableError


class Tool:
    """A package that starts no service; `programs` is what is used of it."""

    def __init__(self, name: str, *programs: str) -> None:
        self.name = name
        self._programs = programs or (name,)

    def found(self) -> str | None:
        paths = [shutil.which(program) for program in self._programs]
        return f"found at {paths[0]}" if all(paths) else None

    def packages(self, report: Report) -> str:
        if not apt.may_install():
            raise UnavailableError(f"install {self.name}")
        apt.install([self.name], report)
        return "installed the distribution's"
