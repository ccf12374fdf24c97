"""Three hubs behind one door with a certificate of the operator's own: what happens to one, or to
the door, is nothing to the notebooks of the others."""

import re
import ssl
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import (
    chromium,
    dismiss_what_it_missed,
    new_notebook,
    output,
    run_cell,
    sign_in,
)
from tests.support.certificates import Authority
from tests.support.deployment import Deployment, changes, running
from tests.support.domain import DOMAIN, served
from tests.support.member import Kernel, Member, keeps_its_variables
from tests.support.waiting import eventually

STACK = """\
config:
  cyberhubs:host: {{kind: local, data: {{path: {data}}}}}
  cyberhubs:domain: hub.example.org
  cyberhubs:tls: {{mode: files, listen: 127.0.0.1, port: {port}, httpPort: {http_port}}}
  cyberhubs:user: {{uid: 12345, gid: 12346}}
  cyberhubs:hubs:
    astro: &hub
      title: Astro hub
      description: "Stars & <planets> {{{{.Host}}}}"
      applications: [corehub]
      login: {{kind: password}}
      access: {{everyone: true}}
      limits: {{memory: 1G, cpus: 2}}
    core: {{<<: *hub, title: Core hub}}
    secret: {{<<: *hub, title: Unlisted hub, listed: false}}
"""
AUTHORITY = Authority()

pytestmark = pytest.mark.usefixtures("domain_is_here")


def set_certificate(deployment: Deployment, certificate: str, key: str) -> None:
    for name, text in {"certificate": certificate, "key": key}.items():
        key = f"cyberhubs:tls.{name}"
        deployment.pulumi("config", "set", "--secret", "--path", key, stdin=text)


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    three = Deployment(tmp_path_factory.mktemp("several"), "several", STACK, DOMAIN)
    three.pulumi("stack", "init", "--no-select")
    set_certificate(three, *AUTHORITY.issue(DOMAIN))
    with running(three):
        yield three


@pytest.fixture
def trust(domain_is_here: None) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=AUTHORITY.pem)


@pytest.fixture
def kernel(three: Deployment, trust: ssl.SSLContext) -> Iterator[Kernel]:
    with Member(three.url, "grace", trust) as grace:
        grace.sign_in(three.password).start()
        kernel = grace.kernel()
        kernel.run("kept = 6 * 7")
        yield kernel
        grace.stop()


@pytest.fixture
def members(three: Deployment, trust: ssl.SSLContext) -> Iterator[list[Member]]:
    """Ada at core and grace at astro, with servers that run: a container that starts changes the
    machine's network, at which a browser on the same machine drops all connections."""
    people = [("core", "ada"), ("astro", "grace")]
    members = [Member(three.hub_url(hub), name, trust) for hub, name in people]
    for (hub, _), member in zip(people, members, strict=True):
        member.sign_in(three.password_of(hub)).start()
    yield members
    for member in members:
        member.stop()
        member.http.close()


@pytest.mark.usefixtures("members")
@pytest.mark.slow
def test_front_page_and_a_browser_in_two_hubs_at_once(three: Deployment) -> None:
    with chromium(DOMAIN) as browser:
        context = browser.new_context(ignore_https_errors=True)
        core, astro = context.new_page(), context.new_page()
        core.goto(f"http://{DOMAIN}:{three.http_port}/")
        assert core.url == three.front
        names = core.get_by_role("listitem").all_inner_texts()
        assert [name.split("\n")[0] for name in names] == ["Astro hub", "Core hub"]
        assert "Stars & <planets> {{.Host}}" in names[0]
        expect(core.get_by_text("up", exact=True)).to_have_count(2)
        core.get_by_role("link", name="Core hub").click()
        at_work(core, "ada", three.password_of("core"), "core")
        astro.goto(three.front)
        astro.get_by_role("link", name="Astro hub").click()
        at_work(astro, "grace", three.password_of("astro"), "astro")

        cookies = {str(c.get("path")).split("/")[1]: c for c in context.cookies()}
        assert set(cookies) == {"core", "astro"}
        insecure = {c.get("name") for c in context.cookies() if not c.get("secure")}
        assert insecure <= {"_xsrf"}  # JupyterHub's, which admits nobody

        # Signed out of one, still at work in the other.
        other = context.new_page()
        other.goto(f"{three.hub_url('astro')}hub/logout")
        other.goto(f"{three.hub_url('astro')}hub/home")
        expect(other.get_by_label("Password")).to_be_visible()
        other.goto(f"{three.hub_url('core')}hub/home")
        expect(other.get_by_text("ada").first).to_be_visible()

        # The door is killed: the page finds its kernel again, with what it knew.
        core.bring_to_front()
        dismiss_what_it_missed(core)
        three.kill("caddy", "door")
        run_cell(core, "print(hub, 'still')", 1)
        expect(output(core, 1)).to_contain_text("core still", timeout=60_000)
    users = three.data / "jupyterhub_users"
    assert (users / "core/ada/mine").read_text() == "core"
    assert (users / "astro/grace/mine").read_text() == "astro"


def at_work(page: Page, name: str, password: str, hub: str) -> None:
    """From the login page to a cell that has run."""
    sign_in(page, name, password)
    new_notebook(page)
    run_cell(page, f"hub = '{hub}'; open('mine', 'w').write(hub); print(hub, 'here')", 0)
    expect(output(page)).to_contain_text(f"{hub} here", timeout=60_000)


def test_headers_and_refusals_of_the_door(three: Deployment, trust: ssl.SSLContext) -> None:
    with httpx.Client(verify=trust) as http:
        plain = http.get(f"http://{DOMAIN}:{three.http_port}/core/x?y=1")
        assert plain.status_code == 308
        assert plain.headers["location"] == f"{three.front}core/x?y=1"
        by_address = http.get(f"http://127.0.0.1:{three.http_port}/")
        assert by_address.headers["location"] == three.front
        for path, status in (("", 200), ("core/hub/login", 200), ("nosuchhub/", 404)):
            answer = http.get(three.front + path)
            assert answer.status_code == status
            assert answer.headers["strict-transport-security"] == "max-age=31536000"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "referrer-policy" in answer.headers
            assert "server" not in answer.headers or "Caddy" not in answer.headers["server"]
        assert http.get(f"{three.front}core").headers["location"] == "/core/"
        for path in ("live/Caddyfile", "hubs/core.json", "core.json", "..%2flive/hubs/core.json"):
            assert http.get(three.front + path).status_code == 404, path
        assert http.get(f"{three.front}_state/core").text == "up"
        assert http.get(f"{three.front}_state/nosuchhub").text == "down"


def test_no_upload_limit_of_its_own_and_any_name(three: Deployment, kernel: Kernel) -> None:
    size = 96 * 2**20
    member = kernel.member
    url = f"{member.server}api/contents/l%C3%A4rge%20%23file.txt"
    body = b'{"type": "file", "format": "text", "content": "' + b"x" * size + b'"}'
    answer = member.http.put(url, content=body, headers=member.server_headers, timeout=120)
    assert answer.status_code == 201, answer.text
    written = three.data / "jupyterhub_users/core/grace/lärge #file.txt"
    assert written.stat().st_size == size
    written.unlink()


def test_a_certificate_swapped_under_an_open_websocket(
    three: Deployment, kernel: Kernel, trust: ssl.SSLContext
) -> None:
    before = three.started()
    old = served(three)
    with kernel.connected() as websocket:
        set_certificate(three, *AUTHORITY.issue(DOMAIN))
        printed = three.ops("up")
        assert websocket.run("print(kept)") == "42"
        new = served(three)
        assert new.serial_number != old.serial_number
        assert changes(printed)["updated"] == 2
        assert set(changes(printed)) == {"updated", "unchanged"}
        assert websocket.run("print(kept)") == "42"
    assert three.started() == before
    assert len(list((three.data / "door/live/certificates").iterdir())) == 1
    assert keeps_its_variables(kernel)
    assert httpx.get(three.front, verify=trust).status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("bad", ["key", "domain", "expired"])
def test_a_certificate_that_cannot_serve_is_refused(three: Deployment, bad: str) -> None:
    before, certificate = three.file.read_text(), served(three)
    issued = AUTHORITY.issue("other.example.org" if bad == "domain" else DOMAIN)
    if bad == "expired":
        issued = AUTHORITY.issue(DOMAIN, start=-91)
    if bad == "key":
        issued = issued[0], AUTHORITY.issue(DOMAIN)[1]
    try:
        set_certificate(three, *issued)
        printed = three.ops("up", fails=True)
        says = {"key": "does not belong to", "domain": "is for other.", "expired": "has expired on"}
        assert says[bad] in printed
        assert "nothing was changed" in printed
        assert served(three) == certificate
    finally:
        three.write(before)
    assert set(changes(three.ops("up"))) == {"unchanged"}


def test_the_key_is_readable_nowhere(three: Deployment) -> None:
    (file,) = (three.data / "door/live/certificates").iterdir()
    assert file.stat().st_mode & 0o777 == 0o400
    line = file.read_text().split("PRIVATE KEY")[1].splitlines()[1]
    assert line not in three.file.read_text()
    for place in (three.pulumi("stack", "export"), three.ops("logs"), three.ops("output")):
        assert line not in place
    for name in three.containers():
        assert line not in str(three.engine.containers.get(name).attrs)


@pytest.mark.slow
def test_a_hub_added_and_one_removed_while_a_kernel_answers(
    three: Deployment, kernel: Kernel, trust: ssl.SSLContext
) -> None:
    def edit(config: dict) -> None:
        hubs = config["cyberhubs:hubs"]
        hubs["fourth"] = {**hubs["core"], "title": "Fourth hub"}
        del hubs["astro"]

    with Member(three.hub_url("astro"), "katherine", trust) as katherine:
        katherine.sign_in(three.password_of("astro")).start()
        katherine.kernel().run("open('kept', 'w').write('orbit')")
    first, before = three.file.read_text(), three.started(but=("astro", "fourth"))
    try:
        with Throughout(kernel) as throughout:
            three.edit(edit)
            printed = three.ops("up")
        assert throughout.answers > 10
        assert three.started(but=("astro", "fourth")) == before
        assert {name.split(".")[2] for name in three.containers()} - {"door"} == {
            "core",
            "fourth",
            "secret",
        }
        touched = re.findall(r"^ [-+~]+ +\S+ (\S+) ", printed, re.M)
        assert {name.split("-")[0] for name in touched} == {"astro", "fourth"}
        assert "Hub astro is removed; servers stopped: " in printed
        home = three.data / "jupyterhub_users/astro"
        assert f"files stay in {home}" in printed
        assert (home / "katherine/kept").read_text() == "orbit"

        front = httpx.get(three.front, verify=trust).text
        assert "Fourth hub" in front and "Astro hub" not in front
        assert httpx.get(three.hub_url("astro"), verify=trust).status_code == 404
        with Member(three.hub_url("fourth"), "grace", trust) as grace:
            grace.sign_in(three.password_of("fourth"))
    finally:
        three.write(first)
        three.ops("up")
    # Back again, with the same people and their files.
    with Member(three.hub_url("astro"), "katherine", trust) as katherine:
        katherine.sign_in(three.password_of("astro")).start()
        assert katherine.kernel().run("print(open('kept').read())") == "orbit"
        katherine.stop()


def test_a_hub_that_is_down_says_so_and_the_others_work(
    three: Deployment, kernel: Kernel, trust: ssl.SSLContext
) -> None:
    hub = three.hub_url("astro")
    three.container("proxy", "astro").stop(timeout=1)
    try:
        answer = httpx.get(f"{hub}user/katherine/lab", verify=trust, follow_redirects=True)
        assert answer.status_code >= 500
        with chromium(DOMAIN) as browser:
            page = browser.new_context(ignore_https_errors=True).new_page()
            page.goto(hub)
            expect(page.get_by_role("heading")).to_have_text("Astro hub does not answer")
            page.get_by_role("link", name="The other hubs").click()
            expect(page.get_by_role("listitem").filter(has_text="Astro hub")).to_contain_text(
                "down"
            )
            expect(page.get_by_role("listitem").filter(has_text="Core hub")).to_contain_text("up")
            page.go_back()
            assert keeps_its_variables(kernel)
            assert "astro        does not answer" in three.ops("status", fails=True)
            three.container("proxy", "astro").start()
            # The page reloads itself until the hub is there.
            expect(page.get_by_label("Username")).to_be_visible(timeout=60_000)
    finally:
        three.container("proxy", "astro").start()
    eventually(lambda: httpx.get(f"{hub}hub/health", verify=trust).status_code == 200)


def test_status_on_one_screen(three: Deployment, kernel: Kernel) -> None:
    status = three.ops("status")
    assert re.search(r"^certificate +88 days left, by CN=Test authority$", status, re.M)
    assert re.search(
        rf"^DNS +{DOMAIN} .* create the record {DOMAIN}\. A 127\.0\.0\.1$", status, re.M
    )
    assert re.search(
        r"^core +up, JupyterHub 6\.1\.1 +[1-9] servers running +https://", status, re.M
    )
    assert re.search(r"^secret +up, JupyterHub 6\.1\.1 +0 servers running", status, re.M)
    image = three.engine.images.get(three.container("hub").attrs["Image"]).id
    assert image and image.removeprefix("sha256:")[:12] in status
    assert len(status.splitlines()) <= 25


class Throughout:
    """Asks a kernel over one websocket, again and again, for as long as the `with` lasts."""

    def __init__(self, kernel: Kernel):
        self.answers = 0
        self._kernel, self._end = kernel, threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> "Throughout":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        if self._failure:
            raise AssertionError(f"after {self.answers} answers") from self._failure

    def _ask(self) -> None:
        try:
            with self._kernel.connected() as websocket:
                while not self._end.is_set():
                    assert websocket.run("print(kept)", timeout=10) == "42"
                    self.answers += 1
                    time.sleep(0.1)
        except BaseException as failure:
            self._failure = failure
