"""What is found, what a kill leaves, what our stand-ins do."""

import http.server
import io
import json
import os
import re
import socketserver
import subprocess
import threading
import urllib.parse
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest

from cyberhubs import paths, pins, pulumi_env
from cyberhubs.errors import UserError
from cyberhubs.progress import Report
from install import (
    apt,
    engine,
    engine_image,
    ladder,
    plugins,
    pulumi,
)
from tests.support.install import tools

from .things import program

# Pulumi


def pulumi_of(version: str, folder: Path) -> None:
    program(folder / "pulumi", f"echo v{version}")
    program(folder / pulumi.HOST, "exit 0")


def test_a_new_enough_pulumi_on_path_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    pulumi_of("3.999.0", tmp_path / "bin")
    assert pulumi.Pulumi().found() == "3.999.0 found on PATH"
    pulumi_of("3.99.0", tmp_path / "bin")
    assert pulumi.Pulumi().found() is None


def test_pulumi_without_its_language_host_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    program(tmp_path / "bin/pulumi", "echo v3.999.0")
    assert pulumi.Pulumi().found() is None


def test_the_parts_of_a_killed_build_do_not_look_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    bin = paths.pulumi_home() / "bin"
    pulumi_of("3.253.0", bin)
    program(bin / f"{pulumi.HOST}-exec", "exit 0")
    assert pulumi.Pulumi().found() is None


# Plugins


def test_an_official_plugin_is_left_alone() -> None:
    version = pins.python_package("pulumi-docker")
    folder = paths.pulumi_home() / "plugins" / f"resource-docker-v{version}"
    program(folder / "pulumi-resource-docker", "exit 0")
    assert plugins.Plugin("docker").found() == "found"
    assert "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION" not in pulumi_env.variables()
    folder.with_name(f"{folder.name}.partial").touch()
    assert plugins.Plugin("docker").found() is None


# Docker


class FakeEngine(http.server.BaseHTTPRequestHandler):
    """`registry`: what it answers of a public image; `pull`: how a pull ends."""

    images: ClassVar[set[str]] = set()
    registry: ClassVar[tuple[int, str]] = (404, "manifest unknown")
    pull: ClassVar[dict[str, str]] = {}

    def do_GET(self) -> None:
        path = re.sub(r"^/v[\d.]+", "", self.path)
        known = {"/version", *(f"/images/{image}/json" for image in self.images)}
        if path.startswith("/distribution/"):
            status, message = self.registry
            self._answer(status, {"message": message})
        elif path in known:
            version = {"Version": "99.1", "ApiVersion": "1.41"}
            self._answer(200, {**version, "Id": "sha256:0123456789abcdef", "RepoDigests": []})
        else:
            self._answer(404, {"message": "none"})

    def do_POST(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if "fromImage" in query and "error" not in self.pull:
            self.images.add(f"{query['fromImage']}:{query['tag']}")
        if "repo" in query:
            self.images.add(f"{query['repo']}:{query['tag']}")
        self._answer(201 if url.path.endswith("/tag") else 200, self.pull)

    def _answer(self, status: int, message: object) -> None:
        content = json.dumps(message).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def address_string(self) -> str:
        return "socket"

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_an_engine_that_answers_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "docker.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    assert engine.Engine().found() is None
    with socketserver.UnixStreamServer(str(path), FakeEngine) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert engine.Engine().found() == f"99.1 found at unix://{path}"
        server.shutdown()


def test_a_client_is_looked_for_beside_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: Report
) -> None:
    """Debian 13 has it in a package of its own."""

    def install(names: list[str], report: Report) -> None:
        program(tmp_path / "docker", f"# of {names}")

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(apt, "may_install", lambda: True)
    monkeypatch.setattr(apt, "install", install)
    monkeypatch.setattr(apt, "known", lambda name: [])
    with pytest.raises(UserError, match="install Docker's client"):
        ladder.ensure(engine.Client(), report)
    assert engine.Client().found() is None
    monkeypatch.setattr(apt, "known", lambda name: [name])
    assert ladder.ensure(engine.Client(), report) == 3
    assert engine.Client().found() == f"found at {tmp_path / 'docker'}"
    assert "docker-cli" in (tmp_path / "docker").read_text()


@pytest.mark.parametrize(
    ("driver", "settings", "refused"),
    [
        ("vfs", "{}", True),
        ("vfs", '{"storage-driver": "vfs"}', False),
        ("overlay2", "{}", False),
        ("overlayfs", '{"features": {"containerd-snapshotter": true}}', False),
    ],
)
def test_an_engine_that_copies_every_layer_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, driver: str, settings: str, refused: bool
) -> None:
    """Whatever else it stores images with is its own choice."""
    monkeypatch.setattr(engine, "DAEMON_SETTINGS", tmp_path / "daemon.json")
    (tmp_path / "daemon.json").write_text(settings)
    about = {"Driver": driver, "DockerRootDir": "/var/lib/docker"}
    monkeypatch.setattr(engine, "client", lambda: SimpleNamespace(info=lambda: about))
    with subprocess.Popen(["sleep", "600"]) as daemon:
        if refused:
            with pytest.raises(UserError, match="only by copying every layer"):
                engine._refuse_slow_storage(daemon)
        else:
            engine._refuse_slow_storage(daemon)
        assert (daemon.poll() is not None) == refused
        daemon.kill()


def test_an_image_is_found_by_its_whole_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "docker.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    with pytest.raises(UserError, match="No Docker engine answers"):
        engine_image.Caddy().found()
    with socketserver.UnixStreamServer(str(path), FakeEngine) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert engine_image.Caddy().found() is None
        monkeypatch.setattr(FakeEngine, "images", {pins.CADDY_IMAGE})
        assert engine_image.Caddy().found() == "found (sha256:0123456789ab)"
        assert engine_image.Base().found() is None
        server.shutdown()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((404, "manifest unknown"), f"its registry has no {engine_image.CADDY}"),
        (
            (429, "toomanyrequests"),
            rf"no {engine_image.CADDY} from its registry \(toomanyrequests\)",
        ),
    ],
)
def test_an_image_is_pulled_whole_or_not_at_all(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    report: Report,
    answer: tuple[int, str],
    reason: str,
) -> None:
    path = tmp_path / "docker.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    monkeypatch.setattr(FakeEngine, "images", set())
    with socketserver.UnixStreamServer(str(path), FakeEngine) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(FakeEngine, "registry", answer)
        with pytest.raises(UserError, match=rf"{reason}"):
            ladder.ensure(engine_image.Caddy(), report)
        monkeypatch.setattr(FakeEngine, "registry", (200, ""))
        monkeypatch.setattr(FakeEngine, "pull", {"error": "unexpected EOF"})
        with pytest.raises(UserError, match=r"stopped \(unexpected EOF\): run the same command"):
            ladder.ensure(engine_image.Caddy(), report)
        assert engine_image.Caddy().found() is None
        monkeypatch.setattr(FakeEngine, "pull", {"status": "Pull complete"})
        assert ladder.ensure(engine_image.Caddy(), report) == 2
        assert engine_image.Caddy().found() == "found (sha256:0123456789ab)"
        server.shutdown()


def test_pinned_versions_are_the_dockerfiles() -> None:
    dockerfile = (paths.CHECKOUT / "images/front-door/Dockerfile").read_text()
    assert f"ARG CADDY_IMAGE={engine_image.CADDY}\n" in dockerfile
    begins = f"ARG BASE_IMAGE=debian:{pins.DEBIAN}-slim\n", "ARG FROM_IMAGE\n"
    for file in (paths.CHECKOUT / "images").glob("*/Dockerfile"):
        assert file.read_text().startswith(begins)


def test_a_tool_is_found_when_all_its_programs_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    tool = tools.Tool("pebble", "pebble", "pebble-challtestsrv")
    first = program(tmp_path / "pebble", "exit 0")
    assert tool.found() is None
    program(tmp_path / "pebble-challtestsrv", "exit 0")
    assert tool.found() == f"found at {first}"


def test_a_silent_engine_elsewhere_is_not_replaced(
    monkeypatch: pytest.MonkeyPatch, report: Report
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    assert engine.Engine().found() is None
    with pytest.raises(UserError, match="unset DOCKER_HOST"):
        ladder.ensure(engine.Engine(), report)
    monkeypatch.setenv("DOCKER_HOST", "ssh://elsewhere")
    with pytest.raises(UserError, match="unix:// or tcp://"):
        engine.Engine().found()


def test_an_engine_of_others_is_not_stopped(
    home: Path, report: Report, output: io.StringIO
) -> None:
    engine.stop(report)
    (paths.run() / "dockerd.pid").write_text(str(os.getpid()))
    engine.stop(report)
    assert output.getvalue() == ""
