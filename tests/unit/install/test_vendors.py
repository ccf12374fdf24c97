"""What vendors have, by a server that has it where they do: what comes whole counts, nothing else."""

import hashlib
import io
import os
import platform
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cyberhubs import paths, pins
from cyberhubs.errors import UserError
from cyberhubs.progress import Report
from install import apt, engine, fetch, gitleaks, ladder, plugins, pulumi
from install.ladder import UnavailableError
from tests.support.install import actionlint, browser
from tests.support.vendors import Vendors, archive

from .things import PULUMI, program

VERSION = pins.python_package("pulumi")
CLI = f"get.pulumi.com/releases/sdk/pulumi-v{VERSION}-linux-x64.tar.gz"
SUMS = f"github.com/pulumi/pulumi/releases/download/v{VERSION}/pulumi-{VERSION}-checksums.txt"
PLUGIN = "get.pulumi.com/releases/plugins/pulumi-resource-docker-v{}-linux-amd64.tar.gz".format(
    pins.python_package("pulumi-docker")
)
GITLEAKS = (
    f"github.com/gitleaks/gitleaks/releases/download/v{pins.GITLEAKS}/gitleaks_{pins.GITLEAKS}"
)
LINT = (
    f"github.com/rhysd/actionlint/releases/download/v{pins.ACTIONLINT}/actionlint_{pins.ACTIONLINT}"
)
DOCKER = "download.docker.com/linux/debian"
CHROMIUM = "cdn.playwright.dev/builds/cft/1.2.3/linux64/chrome-linux64.zip"


@pytest.fixture
def vendors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendors]:
    names = ("pulumi", pulumi.HOST, f"{pulumi.HOST}-exec", "pulumi-language-go")
    cli = archive({f"pulumi/{name}": f"echo v{VERSION}" for name in names})
    with Vendors() as vendors:
        vendors.files = {
            CLI: cli,
            SUMS: f"{'0' * 64}  other.tar.gz\n{_sha256(cli)}  {CLI.split('/')[-1]}\n".encode(),
            PLUGIN: archive({"pulumi-resource-docker": "exit 0", "README.md": "", "LICENSE": ""}),
            f"{DOCKER}/dists/bookworm/InRelease": b"Origin: Docker\n",
            f"{DOCKER}/gpg": b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n",
            CHROMIUM: b"zip",
        }
        for module, name in [
            (pulumi, "RELEASES"),
            (pulumi, "CHECKSUMS"),
            (plugins, "RELEASES"),
            (engine, "DOCKER_PACKAGES"),
            (gitleaks, "RELEASES"),
            (actionlint, "RELEASES"),
        ]:
            monkeypatch.setattr(module, name, vendors.here(getattr(module, name)))
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
        monkeypatch.setattr(platform, "machine", lambda: "x86_64")
        monkeypatch.setattr(apt, "may_install", lambda: False)
        yield vendors


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# Gitleaks, actionlint


@pytest.mark.parametrize("sums", ["right", "wrong"])
@pytest.mark.parametrize(
    ("item", "file", "system"),
    [(gitleaks.Gitleaks(), GITLEAKS, "linux_x64"), (actionlint.Actionlint(), LINT, "linux_amd64")],
    ids=["gitleaks", "actionlint"],
)
def test_a_vendors_program_is_unpacked(
    vendors: Vendors, report: Report, item: ladder.Item, file: str, system: str, sums: str
) -> None:
    version = pins.GITLEAKS if item.name == "gitleaks" else pins.ACTIONLINT
    packed = archive({item.name: f"echo {version}", "README.md": ""})
    digest = _sha256(packed if sums == "right" else b"")
    vendors.files[f"{file}_{system}.tar.gz"] = packed
    name = file.rpartition("/")[2]
    vendors.files[f"{file}_checksums.txt"] = f"{digest}  {name}_{system}.tar.gz\n".encode()
    if sums == "wrong":
        with pytest.raises(UserError, match="wrong checksum"):
            ladder.ensure(item, report)
        assert item.found() is None
    else:
        assert ladder.ensure(item, report) == 2
        assert item.found() == f"{version} found at {paths.tools() / item.name}"


# Any file

CONTENT = os.urandom(300_000)


def test_a_stopped_download_goes_on(vendors: Vendors, tmp_path: Path, report: Report) -> None:
    vendors.files, vendors.stops = {"file": CONTENT}, {"file"}
    url, target = vendors.here("https://file"), tmp_path / "file"
    with report.step("x") as step, pytest.raises(UserError, match="run the same command again"):
        fetch.download(url, target, _sha256(CONTENT), step)
    assert not target.exists()
    vendors.stops.clear()
    with report.step("x") as step:
        fetch.download(url, target, _sha256(CONTENT), step)
        fetch.download(url, target, _sha256(CONTENT), step)
    assert target.read_bytes() == CONTENT
    assert vendors.resumed == ["bytes=150000-"]


def test_a_host_that_does_not_answer_is_known_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "PROBE_S", 0.1)
    with pytest.raises(UnavailableError, match=r"127\.0\.0\.1 does not answer from here"):
        fetch.require("http://127.0.0.1:9/file")


# Pulumi


def test_the_vendors_pulumi_is_unpacked(
    vendors: Vendors, report: Report, output: io.StringIO
) -> None:
    assert ladder.ensure(pulumi.Pulumi(), report) == 2
    bin = paths.pulumi_home() / "bin"
    assert output.getvalue().endswith(f"downloaded {VERSION} (rung 2: vendor's download)\n")
    assert pulumi.Pulumi().found() == f"{VERSION} found in {bin}"
    assert pulumi.executable() == str(bin / "pulumi")
    assert not (bin / "pulumi-language-go").exists()
    assert sorted(path.name for path in paths.pulumi_home().iterdir()) == ["bin"]


@pytest.mark.parametrize(
    ("address", "status", "reason"),
    [
        (CLI, 403, rf"{CLI} cannot be had \(403"),  # what its store says of no file
        (CLI, 404, rf"{CLI} cannot be had \(404"),
        (SUMS, 404, rf"{SUMS} cannot be had \(404"),
        (SUMS, 200, "its checksum file does not name pulumi-v"),
    ],
)
def test_a_pulumi_that_cannot_be_had_is_named(
    vendors: Vendors, report: Report, address: str, status: int, reason: str
) -> None:
    vendors.refused[address] = status
    vendors.files[SUMS] = b"0  other.tar.gz\n"
    with pytest.raises(UserError, match=reason):
        ladder.ensure(pulumi.Pulumi(), report)
    assert pulumi.Pulumi().found() is None


def test_half_a_pulumi_does_not_count(vendors: Vendors, report: Report) -> None:
    vendors.stops.add(CLI)
    with pytest.raises(UserError, match=r"stopped .* run the same command again"):
        ladder.ensure(pulumi.Pulumi(), report)
    assert pulumi.Pulumi().found() is None
    vendors.stops.clear()
    assert ladder.ensure(pulumi.Pulumi(), report) == 2
    assert vendors.resumed


def test_another_pulumi_does_not_count(vendors: Vendors, report: Report) -> None:
    vendors.files[CLI] = archive({"pulumi/pulumi": "exit 0"})
    with pytest.raises(UserError, match="wrong checksum and was deleted"):
        ladder.ensure(pulumi.Pulumi(), report)
    assert pulumi.Pulumi().found() is None
    assert list(paths.build().glob("pulumi-v*")) == []


# Plugins


@pytest.fixture
def engine_of_pulumi(tmp_path: Path) -> None:
    script = tmp_path / "pulumi.py"
    script.write_text(PULUMI)
    program(tmp_path / "bin/pulumi", f'exec {sys.executable} {script} "$@"')


@pytest.mark.usefixtures("engine_of_pulumi")
def test_the_vendors_plugins_come_through_pulumi(vendors: Vendors, report: Report) -> None:
    plugin = plugins.Plugin("docker")
    assert ladder.ensure(plugin, report) == 2
    assert plugin.found() == "found"


@pytest.mark.usefixtures("engine_of_pulumi")
def test_a_plugin_that_its_vendor_lacks_is_named(vendors: Vendors, report: Report) -> None:
    vendors.refused[PLUGIN] = 403
    with pytest.raises(UserError, match=rf"{PLUGIN} cannot be had \(403 Forbidden\)"):
        ladder.ensure(plugins.Plugin("docker"), report)


@pytest.mark.usefixtures("engine_of_pulumi")
def test_half_a_plugin_and_another_one_do_not_count(vendors: Vendors, report: Report) -> None:
    plugin = plugins.Plugin("docker")
    vendors.stops.add(PLUGIN)
    with pytest.raises(UserError, match=r"plugin-docker failed(.|\n)*IncompleteRead"):
        ladder.ensure(plugin, report)
    assert plugin.found() is None
    vendors.stops.clear()
    whole = vendors.files[PLUGIN]
    vendors.files[PLUGIN] = archive({"pulumi-resource-random": "exit 0"})
    with pytest.raises(UserError, match="is none: run the same command again"):
        ladder.ensure(plugin, report)
    assert plugin.found() is None
    vendors.files[PLUGIN] = whole
    assert ladder.ensure(plugin, report) == 2


# Docker's packages


class Apt:
    """`fails`: as when a package does not come."""

    def __init__(self) -> None:
        self.knows = ["docker-ce", "docker-ce-cli", "containerd.io"]
        self.fails = False
        self.installed: list[str] = []

    def known(self, name: str) -> list[str]:
        return [name] if name in self.knows and engine.SOURCE.exists() else []

    def install(self, names: list[str], report: Report) -> None:
        if self.fails and "docker-ce" in names:
            raise UserError("apt failed")
        self.installed += names


@pytest.fixture
def debian(vendors: Vendors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Apt:
    debian = Apt()
    monkeypatch.setattr(apt, "may_install", lambda: True)
    monkeypatch.setattr(apt, "distribution", lambda: ("debian", "bookworm"))
    monkeypatch.setattr(apt, "known", debian.known)
    monkeypatch.setattr(apt, "install", debian.install)
    monkeypatch.setattr(engine, "PATH", "")
    monkeypatch.setattr(engine, "KEY", tmp_path / "keyrings/docker.asc")
    monkeypatch.setattr(engine, "SOURCE", tmp_path / "docker.list")
    monkeypatch.setattr(engine, "start", lambda report: "started")
    monkeypatch.setattr(engine, "DEFAULT_HOST", f"unix://{tmp_path / 'none'}")
    return debian


def test_docker_comes_from_its_own_packages(vendors: Vendors, debian: Apt, report: Report) -> None:
    old = os.umask(0o077)
    try:
        assert ladder.ensure(engine.Engine(), report) == 2
    finally:
        os.umask(old)
    assert debian.installed == ["docker-ce", "docker-ce-cli", "containerd.io"]
    address = vendors.here(f"https://{DOCKER}")
    source = f"deb [signed-by={engine.KEY}] {address} bookworm stable\n"
    assert engine.SOURCE.read_text() == source
    assert engine.KEY.read_bytes() == vendors.files[f"{DOCKER}/gpg"]
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (engine.KEY, engine.KEY.parent)]
    assert modes == [0o644, 0o755]


@pytest.mark.parametrize("lacking", [f"{DOCKER}/dists/bookworm/InRelease", f"{DOCKER}/gpg"])
def test_a_file_that_docker_lacks_is_named(
    vendors: Vendors, debian: Apt, report: Report, lacking: str
) -> None:
    del vendors.files[lacking]
    with pytest.raises(UserError, match=f"{lacking} cannot be had"):
        ladder.ensure(engine.Engine(), report)
    assert debian.installed == []
    assert not engine.SOURCE.exists()


def test_a_source_that_apt_cannot_use_goes(debian: Apt, report: Report) -> None:
    debian.knows.clear()
    with pytest.raises(UserError, match="vendor's download: apt cannot use http://"):
        ladder.ensure(engine.Engine(), report)
    assert not engine.SOURCE.exists()


def test_packages_that_do_not_come_leave_no_source(debian: Apt, report: Report) -> None:
    debian.fails = True
    with pytest.raises(UserError, match="apt failed"):
        ladder.ensure(engine.Engine(), report)
    assert not engine.SOURCE.exists()


@pytest.mark.parametrize(
    ("known", "installed"), [([], []), (["containerd.io"], [["containerd.io"]])]
)
def test_apt_goes_on_with_what_it_still_knows(
    monkeypatch: pytest.MonkeyPatch, report: Report, known: list[str], installed: list[list[str]]
) -> None:
    done: list[list[str]] = []
    monkeypatch.setattr(apt, "may_install", lambda: True)
    monkeypatch.setattr(apt, "known", lambda name: [name] if name in known else [])
    monkeypatch.setattr(apt, "install", lambda names, report: done.append(names))
    (paths.build() / "apt.unfinished").write_text("docker-ce containerd.io")
    apt.finish(report)
    apt.finish(report)
    assert done == installed


# Chromium


def test_chromium_is_downloaded_where_playwright_has_it(
    vendors: Vendors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: Report
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "browsers"))
    monkeypatch.setattr(paths, "VENV", tmp_path)
    chrome = program(tmp_path / "browsers/chromium-1/chrome-linux64/chrome", "exit 0")
    chrome.rename(tmp_path / "chrome")
    url = vendors.here(f"https://{CHROMIUM}")
    program(
        tmp_path / "bin/playwright",
        f'[ "$2" = --dry-run ] && echo "  Download url:        {url}" && exit\n'
        f"/bin/mv {tmp_path / 'chrome'} {chrome}",
    )
    vendors.refused[CHROMIUM] = 404
    with pytest.raises(UserError, match=rf"{CHROMIUM} cannot be had"):
        ladder.ensure(browser.Browser(), report)
    vendors.refused.clear()
    assert ladder.ensure(browser.Browser(), report) == 2
    assert browser.executable() == chrome
