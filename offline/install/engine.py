"""The distribution's own Docker engine."""

from cyberhubs.progress import Report
from install import apt, engine


class StandIn:
    def __init__(self, item: engine.Engine) -> None:
        self.name = item.name

    def found(self) -> None:
        """It answers as any other."""

    def packages(self, report: Report) -> str:
        # Its client is a package of its own from Debian 13 on, which docker.io only recommends.
        apt.install(["docker.io", "ca-certificates", *apt.known("docker-cli")], report)
        return f"installed {apt.distribution()[0].title()}'s docker.io, {engine.start(report)}"
