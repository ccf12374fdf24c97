"""actionlint, the linter of GitHub's workflows; `python -m tests.support.install.actionlint` runs it on ours."""

import os
import subprocess
import sys
from pathlib import Path

from cyberhubs import paths, pins
from cyberhubs.progress import Report
from install import fetch
from install.pulumi import platform_names

RELEASES = "https://github.com/rhysd/actionlint/releases/download"


class Actionlint:
    """`module`, `package`: of which it can be built."""

    name = "actionlint"
    version = pins.ACTIONLINT
    module = Path(__file__).with_name("go") / "actionlint"
    package = "github.com/rhysd/actionlint/cmd/actionlint"
    link = f"-X github.com/rhysd/actionlint.version={version}"

    @property
    def program(self) -> Path:
        return paths.tools() / self.name

    def found(self) -> str | None:
        try:
            said = subprocess.check_output([self.program, "-version"], text=True).split()
        except OSError:
            return None
        return f"{self.version} found at {self.program}" if self.version in said[:1] else None

    def vendor(self, report: Report) -> str:
        system, architecture = platform_names("amd64")
        release = f"{RELEASES}/v{self.version}/actionlint_{self.version}"
        archive, sums = f"{release}_{system}_{architecture}.tar.gz", f"{release}_checksums.txt"
        fetch.unpack(self.name, archive, sums, self.program.parent, report, self.name)
        return f"downloaded {self.version}"


if __name__ == "__main__":
    # It finds the environment's shellcheck, which looks at the scripts of steps.
    path = os.pathsep.join([str(paths.VENV / "bin"), os.environ["PATH"]])
    lint = subprocess.run(
        [Actionlint().program], cwd=paths.CHECKOUT, env={**os.environ, "PATH": path}
    )
    sys.exit(lint.returncode)
