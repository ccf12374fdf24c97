"""An ACME authority for the tests: Debian's pebble."""

import shutil
from collections.abc import Sequence

from . import apt, ladder
from .report import Report, UnavailableError


class AcmeServer:
    name = "pebble"

    def found(self) -> str | None:
        path = shutil.which("pebble")
        return f"found at {path}" if path and shutil.which("pebble-challtestsrv") else None

    def rungs(self) -> Sequence[ladder.Rung]:
        return [ladder.packages(self._install)]

    def _install(self, report: Report) -> str:
        if apt.distribution()[0] not in ("debian", "ubuntu") or not apt.may_install():
            raise UnavailableError("install pebble, then run the same command again")
        apt.install(["pebble"], report)
        return "installed the distribution's"
