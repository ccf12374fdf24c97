"""actionlint, the linter of GitHub's workflows; `python -m tests.support.install.actionlint` runs it on ours."""

import os
import re
import subprocess
import sys
from pathlib import Path

from cyberhubs import paths, pins
from cyberhubs.progress import Report
from install import fetch
from install.ladder import UnavailableError
from install.process import run
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
        name, release = f"actionlint_{self.version}", f"{RELEASES}/v{self.version}"
        file = f"{name}_{system}_{architecture}.tar.gz"
        fetch.require(f"{release}/{file}")
        sums = fetch.text(f"{release}/{name}_checksums.txt")
        match = re.search(rf"^([0-9a-f]{{64}})\s+{re.escape(file)}$", sums, re.M)
        if match is None:
            raise UnavailableError(f"its checksum file does not name {file}")
        archive = paths.build() / file
        with report.step(f"actionlint: downloading {self.version}") as step:
            fetch.download(f"{release}/{file}", archive, match[1], step)
        run(["tar", "-xzf", archive, "-C", self.program.parent, self.name], log="actionlint-tar")
        archive.unlink()
        return f"downloaded {self.version}"


if __name__ == "__main__":
    # It finds the environment's shellcheck, which looks at the scripts of steps.
    path = os.pathsep.join([str(paths.VENV / "bin"), os.environ["PATH"]])
    lint = subprocess.run(
        [Actionlint().program], cwd=paths.CHECKOUT, env={**os.environ, "PATH": path}
    )
    sys.exit(lint.returncode)
