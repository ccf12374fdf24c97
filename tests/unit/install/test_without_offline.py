"""The checkout without its folder offline/: nothing is missed but what that stands in for."""

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cyberhubs import pins
from install import plugins, pulumi
from tests.support.deployment import copy_project
from tests.support.vendors import Vendors, archive

from .things import PULUMI

# Also where the environment's own checkout is on Python's path.
BEGIN = "import sys; sys.modules['offline'] = None\n"
INSTALL = f"""{BEGIN}
import platform
platform.machine = lambda: "x86_64"
from install import command, plugins, pulumi
for module, name in ((pulumi, "RELEASES"), (pulumi, "CHECKSUMS"), (plugins, "RELEASES")):
    setattr(module, name, getattr(module, name).replace("https://", sys.argv[1]))
sys.exit(command.main(["pulumi", "plugins"]))
"""
VERSION = pins.python_package("pulumi")
CLI = f"pulumi-v{VERSION}-linux-x64.tar.gz"
SUMS = f"github.com/pulumi/pulumi/releases/download/v{VERSION}/pulumi-{VERSION}-checksums.txt"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("without") / "project"
    copy_project(copy)
    shutil.rmtree(copy / "offline")
    return copy


@pytest.fixture
def vendors() -> Iterator[Vendors]:
    """All that is official; its `pulumi` asks them for plugins."""
    names = (pulumi.HOST, f"{pulumi.HOST}-exec")
    ask = f'exec {sys.executable} -c {shlex.quote(PULUMI)} "$@"'
    cli = archive({"pulumi/pulumi": ask, **{f"pulumi/{name}": "exit 0" for name in names}})
    with Vendors() as vendors:
        vendors.files[f"get.pulumi.com/releases/sdk/{CLI}"] = cli
        vendors.files[SUMS] = f"{hashlib.sha256(cli).hexdigest()}  {CLI}\n".encode()
        for name in plugins.NAMES:
            file = f"pulumi-resource-{name}-v{plugins.Plugin(name).version}-linux-amd64.tar.gz"
            content = archive({f"pulumi-resource-{name}": "exit 0"})
            vendors.files[f"get.pulumi.com/releases/plugins/{file}"] = content
        yield vendors


def run(copy: Path, script: str, *arguments: str) -> tuple[int, str]:
    """The status of a program in there, and what it says."""
    process = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=copy,
        env={
            **os.environ,
            "PYTHONPATH": f"{copy}:{copy / 'hub'}",
            "PATH": "/usr/bin:/bin",
            "no_proxy": "127.0.0.1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return process.returncode, process.stdout


def test_each_stack_file_loads_and_its_program_registers_all(copy: Path, tmp_path: Path) -> None:
    tests = (
        "test_settings.py::test_committed_stacks_load",
        "test_program.py::test_every_committed_stack_runs",
    )
    # Not as a run of its own, whose files would be this one's.
    arguments = [
        *(f"tests/unit/{test}" for test in tests),
        "--noconftest",
        f"--basetemp={tmp_path / 'inner'}",
    ]
    status, said = run(
        copy, f"{BEGIN}import pytest; sys.exit(pytest.main(sys.argv[1:]))", *arguments
    )
    assert status == 0, said


def test_pulumi_and_its_plugins_come_from_vendors(copy: Path, vendors: Vendors, home: Path) -> None:
    server = vendors.here("https://")
    whole = vendors.files[SUMS]
    vendors.files[SUMS] = f"{'0' * 64}  {CLI}\n".encode()
    status, said = run(copy, INSTALL, server)
    assert status == 1
    assert "has a wrong checksum and was deleted" in said
    assert not (home / "pulumi/bin/pulumi").exists()
    vendors.files[SUMS] = whole
    status, said = run(copy, INSTALL, server)
    assert status == 0, said
    assert said.count("(rung 2: vendor's download)\n") == 1 + len(plugins.NAMES)
    for name in plugins.NAMES:
        assert list(home.glob(f"pulumi/plugins/resource-{name}-v*/pulumi-resource-{name}"))
    status, said = run(copy, INSTALL, server)
    assert status == 0
    assert said.count(" found") == 1 + len(plugins.NAMES)


def test_a_vendor_that_is_not_reached_is_named(copy: Path) -> None:
    status, said = run(copy, INSTALL, "http://127.0.0.1:9/")
    assert status == 1
    assert said == (
        "pulumi cannot be had here. vendor's download: 127.0.0.1 does not answer from here. "
        "See to one of these, or install it yourself; then run the same command again.\n"
    )
