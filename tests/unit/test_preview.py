"""A preview of a stack in a cloud needs no credentials."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.install.things import program
from tests.unit.recorder import PROJECT


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "https://no-cloud.invalid/v3"),
        ({"OS_AUTH_URL": "https://cloud.example.org"}, "https://cloud.example.org"),
        ({"OS_CLOUD": "arbutus"}, ""),
    ],
    ids=["none", "an openrc file", "clouds.yaml"],
)
def test_the_provider_is_told_an_address(tmp_path: Path, given: dict[str, str], told: str) -> None:
    """Without one the official one does not start."""
    engine = f"""case "$1 $2" in
whoami*) echo '{{"url": "s3://state"}}' ;;
"stack export") exit 6 ;; # there is none yet
"preview --json") echo '{{"steps": []}}' ;;
preview*) echo "$OS_AUTH_URL" >{tmp_path}/told && : >"$6" ;;
esac"""
    program(tmp_path / "bin/pulumi", engine)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    subprocess.run(
        [sys.executable, "-m", "cyberhubs.ops", "preview", "--stack", "arbutus"],
        cwd=PROJECT,
        env={
            **clean,
            "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
            "PULUMI_HOME": str(tmp_path / "pulumi"),
            "CYBERHUBS_HOME": str(tmp_path / "home"),
            **given,
        },
        check=True,
    )
    assert (tmp_path / "told").read_text().strip() == told
