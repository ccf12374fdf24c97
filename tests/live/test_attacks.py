"""What a visitor without an account sends and holds at the front door is nothing to its members."""

import json
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import httpx
import pytest
from docker.models.containers import Container

from tests.support.access import server_of
from tests.support.deployment import ONE_HUB, Deployment, running
from tests.support.member import Kernel, Member, Refused, keeps_its_variables
from tests.support.neighbour import neighbour
from tests.support.stranger import LATE_S, Stranger
from tests.support.waiting import eventually

MB = 2**20
SECONDS, REQUESTS = 3, 16
LISTEN, OPEN = "0A", "01"  # as /proc/net has them
LOOPBACK = ("0100007F", "00000000000000000000000001000000")
STACK = ONE_HUB.replace(
    "  cyberhubs:hubs:",
    f"  cyberhubs:visitors: {{{{seconds: {SECONDS}, requests: {REQUESTS}}}}}\n  cyberhubs:hubs:",
)
UNKNOWN = {
    "nothing": {},
    "a pass": {"Cookie": f"cyberhubs-pass={'0' * 32}; jupyterhub-session-id={'0' * 32}"},
    "all passes": {"Cookie": "cyberhubs-pass=*"},
    "a pass elsewhere": {"Cookie": "cyberhubs-pass=../x/"},
    "a token": {"Authorization": f"token {'0' * 32}"},
}


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with running(Deployment(tmp_path_factory.mktemp("attacks"), "attacks", STACK)) as attacked:
        yield attacked


@pytest.fixture
def stranger(attacked: Deployment) -> Stranger:
    return Stranger(attacked.front)


@pytest.fixture(scope="module")
def grace(attacked: Deployment) -> Iterator[Member]:
    with Member(attacked.url, "grace") as grace:
        grace.sign_in(attacked.password).start()
        yield grace


@pytest.fixture
def kernel(grace: Member) -> Kernel:
    kernel = grace.kernel()
    kernel.run("kept = 6 * 7")
    return kernel


def peak_mb(attacked: Deployment, role: str) -> float:
    """The most memory that a process of a container has ever had."""
    processes = attacked.container(role).top(ps_args="-o pid")["Processes"]
    texts = [Path(f"/proc/{pid}/status").read_text() for (pid,) in processes]
    return (
        max(int(found[1]) for text in texts if (found := re.search(r"VmHWM:\s+(\d+)", text))) / 1024
    )


def status(answer: str) -> int:
    """0 for a connection that was cut."""
    return int(answer.split()[1]) if answer else 0


def large(stranger: Stranger, paths: list[str], size: int, **headers: str) -> list[str]:
    """Answers to bodies of `size` bytes, sent all at once, with and without their length."""

    def send(number_and_path: tuple[int, str]) -> str:
        number, path = number_and_path
        chunked = bool(number % 2)
        length = {"Transfer_Encoding": "chunked"} if chunked else {"Content_Length": str(size)}
        return stranger.send(
            stranger.head("POST", path, **length, **headers), size, chunked=chunked
        )

    with ThreadPoolExecutor(len(paths)) as threads:
        return list(threads.map(send, enumerate(paths)))


@pytest.mark.parametrize("known_by", UNKNOWN)
def test_no_body_of_a_stranger_reaches_a_server(
    attacked: Deployment, stranger: Stranger, kernel: Kernel, known_by: str
) -> None:
    paths = [
        "/core/user/grace/login",
        "/core/user/grace/api/contents/x",
        "/core/user/%67race/login",
        "/core//user/grace/login",
        "/core%2fuser%2fgrace/login",
        "/core/hub/../user/grace/login",
        "/core/user/grace/../../hub/../user/grace/login",
        "/core/hub/%2e%2e/user/grace/login",
        "//core/core/user/grace/login",
        "/core/hub\\..\\user\\grace/login",
    ]
    before = peak_mb(attacked, "user.grace")
    answers = large(stranger, paths, 150 * MB, **UNKNOWN[known_by])
    assert {status(answer) for answer in answers} <= {0, 302, 400, 403, 404, 413}
    assert peak_mb(attacked, "user.grace") < before + 30
    assert keeps_its_variables(kernel)


def test_no_body_of_a_stranger_is_too_much_for_the_hub(
    attacked: Deployment, stranger: Stranger, kernel: Kernel
) -> None:
    before = attacked.started()
    answers = large(stranger, ["/core/hub/login", "/_state/core"] * 7, 99 * MB)
    assert {status(answer) for answer in answers[::2]} <= {0, 413}
    # Small ones of which the end never comes, many at once.
    head = stranger.head("POST", "/core/hub/login", Content_Length=str(16_000))
    held = [stranger.connect() for _ in range(500)]
    for connection in held:
        connection.sendall(head + bytes(15_000))
    with Member(attacked.url, "katherine") as katherine:
        katherine.sign_in(attacked.password)
    assert peak_mb(attacked, "hub") < 400
    assert keeps_its_variables(kernel)
    for connection in held:
        connection.close()
    assert attacked.started() == before


def test_nobody_behind_the_door_reads_a_large_body_for_long(
    attacked: Deployment, kernel: Kernel
) -> None:
    """As a member's own notebook would send it, past the door."""
    code = f"""
import http.client
to = http.client.HTTPConnection('hub', 8081)
to.putrequest('POST', '/core/hub/login')
to.putheader('Content-Length', '{99 * MB}')
to.endheaders()
try:
    for _ in range(99): to.send(bytes(2**20))
    print(to.getresponse().status)
except ConnectionError: print('cut')
"""
    assert kernel.run(code) in ("400", "413", "cut")


def test_members_send_what_they_want(attacked: Deployment, grace: Member) -> None:
    size = 120 * MB
    body = b'{"type": "file", "format": "text", "content": "' + b"x" * size + b'"}'
    url = f"{grace.server}api/contents/large.txt"
    file = attacked.data / "jupyterhub_users/core/grace/large.txt"
    by_token = {"Authorization": f"token {grace.new_token()}"}
    for http, headers in ((grace.http, grace.server_headers), (httpx.Client(), by_token)):
        answer = http.put(url, content=body, headers=headers, timeout=120)
        assert answer.status_code == 201, answer.text
        assert file.stat().st_size == size
        file.unlink()


def test_a_pass_is_given_again_unseen(attacked: Deployment, grace: Member) -> None:
    given = attacked.data / "door/live/passes/core"
    assert list(given.iterdir())
    for file in given.iterdir():
        file.unlink()
    assert grace.http.get(f"{grace.server}api/status").json()["started"]
    # It is for one server, of one member, and no token of others is good for it.
    (file,) = given.iterdir()
    assert file.suffix == ".grace"
    with Member(attacked.url, "katherine") as katherine:
        katherine.sign_in(attacked.password)
        assert katherine.http.get(f"{grace.server}api/status").status_code == 404
        token = {"Authorization": f"token {katherine.new_token()}"}
        assert httpx.get(f"{grace.server}api/status", headers=token).status_code == 404
        assert list(given.iterdir()) == [file]


def test_nobody_can_tell_who_works(attacked: Deployment, grace: Member) -> None:
    with Member(attacked.url, "katherine") as katherine:
        katherine.sign_in(attacked.password)  # known, and without a server
    websocket = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    asked = [
        ("GET", path, headers)
        for path in (
            "",
            "/",
            "/api",
            "/api/status",
            "/lab",
            "/login",
            "/static/favicons/favicon.ico",
        )
        for headers in (*UNKNOWN.values(), {**websocket, "Sec-WebSocket-Key": "x" * 24})
    ] + [(method, "/api", {}) for method in ("HEAD", "POST", "OPTIONS", "DELETE")]
    for method, path, headers in asked:
        answers = {
            seen_by_a_stranger(attacked, method, name, path, headers)
            for name in ("grace", "katherine", "nobody")
        }
        assert len(answers) == 1, answers


def seen_by_a_stranger(
    attacked: Deployment, method: str, name: str, path: str, headers: dict[str, str]
) -> tuple[str, ...]:
    """Status, headers and text of the answer and of where it leads, without name and secrets."""
    with httpx.Client() as http:
        url = f"{attacked.url}user/{name}{path}"
        answer = http.request(method, url, headers=headers, follow_redirects=True)
    texts = [
        f"{one.status_code} {one.headers.get('location')} {sorted(one.headers)}"
        for one in (*answer.history, answer)
    ]
    changing = r"[\w-]+\|[\w-]+\|[\w-]+|_xsrf.*|xsrf_token.*|\?v=\w+"
    page = re.sub(changing, "", answer.text)
    return tuple(text.replace(name, "NAME") for text in (*texts, page))


@pytest.mark.slow
def test_idle_connections_end_and_leave_the_door_open(
    attacked: Deployment, stranger: Stranger, grace: Member, kernel: Kernel
) -> None:
    if any("docker-proxy" in line and f" {attacked.port} " in line for line in processes()):
        pytest.skip("the engine has a proxy of its own, as its administrator wants")
    before, held = attacked.started(), []
    for _ in range(9_000):
        held.append(stranger.connect())
        # The first have ended meanwhile, and are held all the same.
    assert httpx.get(attacked.front).status_code == 200
    assert keeps_its_variables(kernel)
    time.sleep(SECONDS + 1)
    for connection in held:
        connection.settimeout(10)
        assert connection.recv(1) == b""
    for connection in held:
        connection.close()
    assert httpx.get(attacked.front).status_code == 200
    assert attacked.started() == before
    assert "does not answer" not in attacked.ops("status")


def processes() -> Iterator[str]:
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue


PATHS = (
    *("/", "/_health", "/_state/core", "/nothing", "/nohub/x", "/core", "/core/../x"),
    *("/core/hub/login", "/core/hub/api", "/core/hub/prometheus/"),
    *("/core/user/grace/login", "/core/user/grace/api/contents"),
)
BODIES = {
    "length": ({"Content_Length": "10000"}, b"x"),
    "chunked": ({"Transfer_Encoding": "chunked"}, b"5\r\nhello\r\n"),
    "token": ({"Content_Length": "10000", "Authorization": "token 0123456789abcdef"}, b"x"),
}


def test_a_body_that_does_not_come_is_not_waited_for(stranger: Stranger) -> None:
    """Nor after an answer, for which nobody has to have read it."""

    def ended(asked: tuple[str, str, str]) -> bool:
        method, path, kind = asked
        headers, drop = BODIES[kind]
        with stranger.connect() as connection:
            connection.settimeout(0.5)
            connection.sendall(stranger.head(method, path, **headers))
            return ends(connection, drop)

    asked = list(product(("GET", "POST"), PATHS, BODIES))
    with ThreadPoolExecutor(len(asked)) as at_once:
        found = at_once.map(ended, asked)
        assert [one for one, done in zip(asked, found, strict=True) if not done] == []


def test_headers_that_come_too_slowly_end(stranger: Stranger) -> None:
    with stranger.connect() as connection:
        connection.settimeout(0.5)
        connection.sendall(stranger.head("POST", "/core/hub/login")[:-2])
        assert ends(connection, b"x")


def ends(connection: socket.socket, drop: bytes) -> bool:
    """Whether a connection is closed on which something comes now and then, which could go on for an hour and more."""
    began = time.monotonic()
    while time.monotonic() < began + LATE_S:
        try:
            connection.sendall(drop)
            if not connection.recv(2**16):
                return True
        except TimeoutError:
            pass
        except ConnectionError:
            return True
    return False


def test_headers_have_a_limit(stranger: Stranger) -> None:
    assert status(stranger.ask("GET", "/", X_Large="x" * 15_000)) == 200
    assert status(stranger.ask("GET", "/", X_Large="x" * 40_000)) == 431


def test_status_says_what_a_visitor_sees(attacked: Deployment) -> None:
    assert "does not answer there" not in attacked.ops("status")

    def serve(config: str) -> None:
        address = "unix//run/door/admin.sock"
        command = f"caddy reload --adapter caddyfile --config {config} --address {address}"
        code, said = attacked.door.exec_run(command.split())
        assert code == 0, said

    serve("/srv/door/empty.caddyfile")
    try:
        assert "does not answer there" in attacked.ops("status", fails=True)
    finally:
        serve("/srv/door/live/Caddyfile")
    assert httpx.get(attacked.front).status_code == 200


def test_guesses_are_few_and_in_the_audit(attacked: Deployment) -> None:
    audit = attacked.data / "hubs/core/state/audit.jsonl"
    before = len(audit.read_text().splitlines())

    def guess(number: int) -> int:
        with Member(attacked.url, "mallory") as mallory:
            try:
                mallory.sign_in(f"guess {number}")
            except Refused as refused:
                return 429 if "Too many wrong passwords" in str(refused) else 403
        raise AssertionError("a guess was right")

    began = time.monotonic()
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(guess, range(40)))
    # Five at once, then after 1, 2, 4, … seconds.
    looked_at = answers.count(403)
    assert 5 <= looked_at <= 5 + (int(time.monotonic() - began) + 1).bit_length()
    lines = [json.loads(line) for line in audit.read_text().splitlines()[before:]]
    assert [line["user"] for line in lines if line.get("rule") == "password"] == [
        "mallory"
    ] * looked_at
    with Member(attacked.url, "katherine") as katherine:
        katherine.sign_in(attacked.password)  # at once, from the same address


def test_a_hub_handles_no_more_requests_of_strangers_at_once_than_it_may(
    attacked: Deployment, stranger: Stranger
) -> None:
    hub, proxy = attacked.container("hub"), attacked.container("proxy")
    own = {one["IPAddress"] for one in proxy.attrs["NetworkSettings"]["Networks"].values()}
    of_proxy = tuple(socket.inet_aton(address)[::-1].hex().upper() for address in own)

    def busy() -> int:
        return sum(
            state == OPEN and port == 8081 and other.partition(":")[0].endswith(of_proxy)
            for _, port, other, state in sockets(hub)
        )

    with ThreadPoolExecutor(3 * REQUESTS) as at_once:
        hub.pause()
        try:
            asked = [
                at_once.submit(stranger.ask, "GET", "/core/hub/login") for _ in range(3 * REQUESTS)
            ]
            eventually(lambda: busy() == REQUESTS)
            time.sleep(1)  # in which more would have come: nothing tells that none does
            assert busy() == REQUESTS
        finally:
            hub.unpause()
        assert {status(one.result()) for one in asked} == {200}


def sockets(container: Container) -> Iterator[tuple[str, int, str, str]]:
    """Own address, own port, the other's address with its port, and state, as /proc/net has them."""
    pid = container.attrs["State"]["Pid"]
    for file in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{file}").read_text().splitlines()[1:]:
            _, own, other, state, *_ = line.split()
            address, _, port = own.rpartition(":")
            yield address, int(port, 16), other, state


def listening(container: Container) -> list[str]:
    """Addresses with ports that a container has open for others than itself."""
    networks = container.attrs["NetworkSettings"]["Networks"]
    ports = {
        port
        for own, port, _, state in sockets(container)
        if state == LISTEN and not own.startswith(LOOPBACK)
    }
    return [f"{one['IPAddress']}:{port}" for one in networks.values() for port in sorted(ports)]


def test_neighbours_with_a_route_are_not_answered(attacked: Deployment, grace: Member) -> None:
    """Engines before 28 open all ports of a container to who sends to its own address, where the machine forwards."""
    found = {name: attacked.engine.containers.get(name) for name in attacked.containers()}
    opened = {f"{name} {at}": at for name, one in found.items() for at in listening(one)}
    assert {name.split()[0] for name in opened} == {*found}
    server = server_of(attacked, "grace")
    own = grace.kernel().run(
        "import http.server, threading\n"
        "server = http.server.ThreadingHTTPServer(('', 0), http.server.SimpleHTTPRequestHandler)\n"
        "threading.Thread(target=server.serve_forever, daemon=True).start()\n"
        "print(server.server_port)"
    )
    [network] = found[server].attrs["NetworkSettings"]["Networks"].values()
    with neighbour() as other, ThreadPoolExecutor(8) as threads:
        got = dict(zip(opened, threads.map(other.get, opened.values()), strict=True))
        # What a member opens is what the engine lets in: so this neighbour has a way.
        of_member = other.get(f"{network['IPAddress']}:{own}")
    assert {name: said for name, said in got.items() if not said.startswith("curl: ")} == {}
    let_in = int(attacked.engine.version()["Version"].split(".")[0]) < 28
    assert ("Directory listing" in of_member) == let_in, of_member
