"""`make upgrade-check`: what waits in an image's distribution, what is known of locked packages, and what is not known."""

import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import docker
import pytest
from docker.models.images import Image

from cyberhubs import advisories
from cyberhubs.errors import UserError
from cyberhubs.images.registry import digest_of
from cyberhubs.ops.upgrade_check import moved, pending
from cyberhubs.paths import CHECKOUT
from cyberhubs.pins import BASE_IMAGE
from tests.support import run
from tests.support.deployment import ONE_HUB, Deployment, running
from tests.support.images import debian
from tests.support.processes import free_port
from tests.support.registry import PASSWORD, USER, Registry

pytestmark = pytest.mark.slow

# A distribution of one package, of which there is a newer version for security.
DOCKERFILE = """
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
ARG REFRESHED=""
COPY repository.sh install-packages.sh /
RUN sh /repository.sh
RUN sh /install-packages.sh
"""
REPOSITORY = """
set -eu
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/repository ./' >/etc/apt/sources.list
package() { printf 'Package: %s\\nVersion: %s\\nArchitecture: all\\nMaintainer: Ada\\nDescription: x\\n' "$@"; }
mkdir /repository
cd /repository
offer() {
    mkdir -p "$1/DEBIAN"
    package "$1" "$2" >"$1/DEBIAN/control"
    dpkg-deb --build "$1" "$1.deb"
    { package "$1" "$2"; stat -c 'Filename: ./%n\\nSize: %s' "$1.deb" | sed 's/\\\\n/\\n/'
      echo "SHA256: $(sha256sum <"$1.deb" | cut -d ' ' -f 1)"; echo; } >>Packages
}
offer one 1
dpkg -i one.deb
rm Packages
offer one 2
offer ca-certificates 99999999
printf 'Label: Debian-Security\\nSuite: stable-security\\nVersion: 13\\n' >Release
"""


def known(id: str, number: int, package: str, ecosystem: str) -> dict:
    events = [{"introduced": "0"}, {"fixed": "99.1"}]
    affected = [
        {
            "package": {"name": name, "ecosystem": ecosystem},
            "ranges": [{"type": "ECOSYSTEM", "events": events}],
        }
        for name in (package, "another")
    ]
    times = dict.fromkeys(("modified", "published"), "2027-01-01T00:00:00Z")
    named = {"id": id, "aliases": [f"CVE-2027-{number}"], "summary": "Bad"}
    return {**named, **times, "affected": affected}


# What OSV knows, the last from two databases.
CADDY = "github.com/caddyserver/caddy/v2"
KNOWN = {
    "GHSA-1": known("GHSA-1", 1, "tornado", "PyPI"),
    "GHSA-2": known("GHSA-2", 2, "configurable-http-proxy", "npm"),
    "GHSA-3": known("GHSA-3", 3, CADDY, "Go"),
    "GO-3": known("GO-3", 3, CADDY, "Go"),
}


def of(asked: dict) -> dict:
    """Its answer to a question."""
    assert re.match(r"\d", asked["version"])
    vulns = [one for one in KNOWN.values() if one["affected"][0]["package"] == asked["package"]]
    return {"vulns": vulns} if vulns else {}


class Osv(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path == "/v1/querybatch":
            vulns = [of(one).get("vulns", ()) for one in asked["queries"]]
            self.answer({"results": [{"vulns": [{"id": v["id"]} for v in one]} for one in vulns]})
        else:
            self.answer(of(asked))

    def do_GET(self) -> None:
        self.answer(KNOWN[self.path.removeprefix("/v1/vulns/")])

    def answer(self, said: dict) -> None:
        text = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def osv() -> Iterator[str]:
    """Its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Osv) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
        server.shutdown()


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("old")
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "repository.sh").write_text(REPOSITORY)
    shutil.copy(CHECKOUT / "images/shared/install-packages.sh", folder)
    return folder


def built(context: Path, refreshed: str) -> Image:
    arguments = {"BASE_IMAGE": debian("trixie"), "REFRESHED": refreshed}
    name = f"{run.named('cyberhubs-test')}:old{refreshed}"
    image, _ = docker.from_env().images.build(
        path=str(context), tag=name, buildargs=arguments, rm=True, forcerm=True
    )
    return image


def test_an_image_tells_what_waits_and_has_it_after_its_day(context: Path) -> None:
    engine = docker.from_env()
    before = len(engine.containers.list(all=True, filters={"ancestor": str(built(context, "").id)}))
    assert pending(engine, str(built(context, "").id), {}) == {"one": True}
    assert pending(engine, str(built(context, "2027-01-31").id), {}) == {}
    after = engine.containers.list(all=True, filters={"ancestor": str(built(context, "").id)})
    assert len(after) == before == 0


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with running(Deployment(tmp_path_factory.mktemp("check"), "check", ONE_HUB)) as stack:
        install = [sys.executable, "-m", "install", "audit"]
        for word in ("installed 29 packages", "found at"):
            done = subprocess.run(
                install, cwd=stack.directory, env=stack.environment, capture_output=True, text=True
            )
            assert done.returncode == 0 and word in done.stderr, done.stderr
        yield stack


def test_what_is_known_is_said_with_what_to_type(stack: Deployment) -> None:
    with osv() as url:
        stack.environment["OSV_URL"] = url
        said = stack.ops("upgrade-check", fails=True)
    chp = json.loads((CHECKOUT / "images/proxy/package-lock.json").read_text())["packages"][""]
    assert (
        f"configurable-http-proxy {chp['dependencies']['configurable-http-proxy']} in "
        "images/proxy/package-lock.json: CVE-2027-2, fixed in 99.1" in said
    )
    assert re.findall(rf"{CADDY} \S+ in (.*)", said) == [
        "offline/go/caddy/go.mod: CVE-2027-3, fixed in 99.1"
    ]
    version = dict(
        line.split(" ")[0].split("==")
        for line in (CHECKOUT / "images/multiuser/requirements.txt").read_text().splitlines()
        if line.startswith("tornado==")
    )["tornado"]
    assert (
        f"tornado {version} in images/multiuser/requirements.txt: CVE-2027-1, fixed in 99.1" in said
    )
    assert 'cyberhubs:images: {refreshed: "20' in said and "Not all could be asked" not in said


def test_what_does_not_answer_is_said_with_another_exit_status(stack: Deployment) -> None:
    stack.environment["OSV_URL"] = url = f"http://127.0.0.1:{free_port()}/v1/query"
    done = subprocess.run(
        stack.program("upgrade-check"),
        cwd=stack.directory,
        env=stack.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "Not all could be asked:" in done.stderr
    behind = done.stdout.count("none that is known") < 3
    assert ("What to type:" in done.stderr) == behind
    assert f"pip-audit could not ask {url}: " in done.stderr


def test_it_is_asked_of_each_lock() -> None:
    names = {lock.parent.name for lock in advisories.locks()}
    assert {"requirements", "multiuser", "proxy", "corehub", "codehub", "caddy"} <= names


def test_a_tag_that_has_moved_is_said_with_what_it_is_now() -> None:
    engine, registry = docker.from_env(), Registry()
    login = {"username": USER, "password": PASSWORD}
    offered = f"FROM {BASE_IMAGE}\nENV OFFERED=%s\n"
    try:
        tag = registry.offer("group/moving:1", offered % 1)
        image = str(engine.images.pull(tag, auth_config=login).id)
        assert moved(engine, image, tag, login) == ""
        registry.offer("group/moving:1", offered % 2)
        now = moved(engine, image, tag, login)
        assert now == digest_of(engine, tag, login)
        with pytest.raises(UserError, match="wants a login"):
            moved(engine, image, tag, {})
    finally:
        registry.forget()
