"""A machine that was bare and carries a hub: as `local` does, and what a machine of its own adds."""

import json
import re
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from cyberhubs.settings.images import Images
from tests.conformance.docker.common import CONTAINER, NETWORK
from tests.support.browser import chromium, open_notebook, output, run_cell
from tests.support.deployment import changes
from tests.support.lab.deployment import LabDeployment
from tests.support.lab.production import Of, acme, files, members_work, production
from tests.support.member import Kernel, Member, keeps_its_variables
from tests.support.plugin_client import Plugin, PluginError
from tests.support.plugin_suite import Made, ours
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow

USER = 12345
METADATA = "169.254.169.254"
UNCHANGED = {"unchanged"}


@contextmanager
def member(lab: LabDeployment, name: str) -> Iterator[Member]:
    with Member(lab.url, name) as one:
        one.sign_in(lab.password).start()
        yield one
        one.stop()


@contextmanager
def signed_in(lab: LabDeployment, name: str) -> Iterator[Kernel]:
    with member(lab, name) as one:
        yield one.kernel()


def test_in_a_browser(lab: LabDeployment) -> None:
    with lab.tunnel(), chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        open_notebook(page, lab.front, "Test hub", "ada", lab.password)
        run_cell(page, "open('from-browser.txt', 'w').write(str(6 * 7)); print('answer', 6 * 7)", 0)
        expect(output(page)).to_contain_text("answer 42", timeout=60_000)
        page.screenshot(path=lab.directory / "lab.png")
    home = "/mnt/jupyterhub_users/core/ada"
    assert lab.machine.exec(f"cat {home}/from-browser.txt") == "42"
    assert lab.machine.exec(f"stat -c %u {home}/from-browser.txt").strip() == str(USER)


@pytest.mark.parametrize(("certificates", "name"), [(acme, "grace"), (files, "katherine")])
def test_in_production(lab: LabDeployment, certificates: Of, name: str, tmp_path: Path) -> None:
    machine = lab.machine
    with production(lab, certificates, tmp_path, machine.address, machine.gateway) as trust:
        members_work(lab, trust, machine.address, name)
        assert machine.exec(f"cat /mnt/jupyterhub_users/core/{name}/kept.txt") == "orbit"
        audit = map(json.loads, machine.exec("cat /mnt/hubs/core/state/audit.jsonl").splitlines())
        seen = {line["user"]: line for line in audit if line.get("address") == machine.gateway}
        assert seen[name]["event"] == "login" and seen["mallory"]["rule"] == "blocked"


def test_setup_says_what_it_changed_and_then_nothing(lab: LabDeployment) -> None:
    for said in ("ext4 made", "docker.io: held", "in the group docker", "firewall: in force"):
        assert said in lab.first_up
    assert set(changes(lab.ops("up"))) == UNCHANGED
    assert "All is as it was made" in lab.ops("drift")


def test_status_logs_and_bad_targets(lab: LabDeployment) -> None:
    status = lab.ops("status")
    assert "up, JupyterHub 6.1.1" in status and "/mnt: " in status
    assert "core/hub |" in lab.ops("logs")
    assert lab.machine.host_key in lab.ops("host-key")


def test_a_member_has_the_machines_limits_and_spaces(lab: LabDeployment) -> None:
    with lab.tunnel(), signed_in(lab, "grace") as kernel:
        settings = lab.machine.exec("cat /etc/docker/daemon.json")
        limits = kernel.run("print(open('/proc/self/limits').read())")
        files = next(line for line in limits.splitlines() if line.startswith("Max open files"))
        assert f'"Soft": {files.split()[3]},' in settings
        container = f"cyberhubs.{lab.stack}.core.user.grace"
        inspected = lab.machine.exec(
            f"docker inspect -f '{{{{.HostConfig.CgroupParent}}}} {{{{.Config.Labels}}}}' {container}"
        )
        assert inspected.startswith("cyberhubs-members.slice ")
        assert (
            f"cyberhubs.machine:{lab.machine.exec('cat /var/lib/cyberhubs/machine').strip()}"
            in (inspected)
        )
        kept = lab.machine.exec("systemctl show -p MemoryMax --value cyberhubs-members.slice")
        total = lab.machine.exec("awk '/MemTotal/ {print $2 * 1024}' /proc/meminfo")
        assert 0 < int(float(total)) - int(kept) < 2**30
        assert kernel.run("open('/user/shared.txt', 'w').write('x'); print('ok')") == "ok"
        with pytest.raises(AssertionError, match="Read-only file system"):
            kernel.run("open('/data/shared.txt', 'w')")
    assert lab.machine.exec("cat /mnt/user/shared.txt; rm /mnt/user/shared.txt") == "x"


def test_members_reach_neither_each_other_nor_the_metadata(lab: LabDeployment) -> None:
    connect = (
        "import socket\n"
        "def reaches(address, port):\n"
        "    try: socket.create_connection((address, port), 3).close(); return True\n"
        "    except OSError: return False\n"
    )
    with lab.tunnel(), signed_in(lab, "grace") as grace, signed_in(lab, "katherine") as katherine:
        grace.run(f"{connect}import http.server, threading\n"
                  "server = http.server.HTTPServer(('', 9999), http.server.SimpleHTTPRequestHandler)\n"
                  "threading.Thread(target=server.serve_forever, daemon=True).start()")  # fmt: skip
        address = grace.run("print(socket.gethostbyname(socket.gethostname()))")
        assert grace.run(f"print(reaches('{address}', 9999))") == "True"
        katherine.run(connect)
        assert katherine.run(f"print(reaches('{address}', 9999))") == "False"
        assert katherine.run(f"print(reaches('{address}', 8888))") == "True"
        # Its own machine's ssh, by the bridge.
        bridge = address.rsplit(".", 1)[0] + ".1"
        assert katherine.run(f"print(reaches('{bridge}', 22))") == "False"
        with metadata_service(lab):
            probe = f"timeout 3 bash -c '</dev/tcp/{METADATA}/80' && echo yes || echo no"
            assert lab.machine.exec(probe).strip() == "yes"
            assert katherine.run(f"print(reaches('{METADATA}', 80))") == "False"
        assert katherine.run(f"print(reaches('{lab.machine.gateway}', {lab.port}))") == "False"


@contextmanager
def metadata_service(lab: LabDeployment) -> Iterator[None]:
    """Where a cloud's would be: at the link's other end."""
    bridge = f"br-{str(lab.machine.network.id)[:12]}"
    subprocess.run(["ip", "address", "add", f"{METADATA}/32", "dev", bridge], check=True)
    server = HTTPServer((METADATA, 80), BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    lab.machine.exec(f"ip route add {METADATA} via {lab.machine.gateway}")
    try:
        yield
    finally:
        lab.machine.exec(f"ip route del {METADATA}")
        server.shutdown()
        server.server_close()
        subprocess.run(["ip", "address", "del", f"{METADATA}/32", "dev", bridge], check=True)


def test_no_neighbour_with_a_route_reaches_a_container(lab: LabDeployment) -> None:
    """Engines before 28 let it in to every port that is published anywhere, and all where FORWARD lets pass."""
    ends = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.Gateway}} {{end}}"
    found = lab.machine.exec(f"docker inspect --format '{ends}' $(docker ps -q)").split()
    containers, bridges = found[::2], found[1::2]
    assert {address.rsplit(".", 2)[0] for address in containers} == {"198.19"}
    lab.machine.exec("iptables -P FORWARD ACCEPT")
    neighbour = lab.engine.containers.run(
        str(lab.machine.container and lab.machine.container.attrs["Image"]),
        ["sleep", "600"],
        network=lab.machine.network.name,
        cap_add=["NET_ADMIN"],
        detach=True,
    )

    def reaches(address: str, port: int) -> bool:
        probe = f"timeout 2 bash -c '</dev/tcp/{address}/{port}'"
        return neighbour.exec_run(["bash", "-c", probe]).exit_code == 0

    try:
        way = f"ip route add 198.19.0.0/18 via {lab.machine.address}"
        assert neighbour.exec_run(["bash", "-c", way]).exit_code == 0
        assert reaches(bridges[0], 22)  # the machine itself
        ports = (lab.port, 8000, 8001, 8081)
        assert [(a, p) for a in containers for p in ports if reaches(a, p)] == []
    finally:
        neighbour.remove(force=True)
        lab.machine.exec("iptables -P FORWARD DROP")


def test_a_port_that_a_container_publishes_is_closed(lab: LabDeployment) -> None:
    image = "$(docker images -q cyberhubs/corehub | head -1)"
    lab.machine.exec(
        f"docker run -d --name opened -p 8090:8090 -p 443:8090 {image} python3 -m http.server 8090"
    )
    try:
        eventually(lambda: lab.machine.exec("</dev/tcp/127.0.0.1/8090 && echo y") == "y\n")
        for port in (
            8090,
            443,
        ):  # this stack's door is on the loopback, so 443 is none of its ports
            with pytest.raises(TimeoutError):
                socket.create_connection((lab.machine.address, port), 3)
        iptables = "iptables -I CYBERHUBS-DOCKER 1 -j RETURN"
        lab.machine.exec(iptables)
        socket.create_connection((lab.machine.address, 8090), 3).close()
        assert "firewall" in lab.ops("drift", fails=True)
    finally:
        lab.machine.exec("docker rm -f opened")
    assert "Running firewall again" in lab.ops("up")
    assert "All is as it was made" in lab.ops("drift")


@ours
def test_the_plugin_reaches_the_engine(lab: LabDeployment, tmp_path: Path) -> None:
    def folders() -> set[Path]:
        return set(Path(tempfile.gettempdir()).glob("docker-ssh-*"))

    before = folders()
    known, key = tmp_path / "known", ["-i", str(lab.machine.key)]
    known.write_text(f"{lab.machine.address} {lab.machine.host_key}")
    config = {
        "host": f"ssh://debian@{lab.machine.address}",
        "sshOpts": json.dumps([*key, "-o", f"UserKnownHostsFile={known}"]),
    }
    steps = rf'FROM {Images().base}\nCMD ["sleep", "600"]\n'
    image = lab.machine.exec(
        f"printf '{steps}' | DOCKER_BUILDKIT=0 docker build -q - 2>/dev/null"
    ).strip()
    inputs = {
        "name": "by-plugin",
        "image": image,
        "networksAdvanced": [{"name": "by-plugin"}],
        "logDriver": "json-file",
        "restart": "no",
        "memory": 64,
        "memorySwap": 64,
        "destroyGraceSeconds": 1,
    }
    with Plugin("docker", tmp_path, config) as plugin:
        made = Made(plugin)
        made(NETWORK, {"name": "by-plugin", "driver": "bridge"})
        made(CONTAINER, inputs)
        assert "by-plugin" in lab.machine.exec("docker ps --format '{{.Names}}'").split()
        made.remove()
    lab.machine.exec(f"docker rmi {image}")
    config |= {"sshOpts": json.dumps(key), "disableDockerDaemonCheck": "true"}
    with Plugin("docker", tmp_path, config) as plugin:
        checked = plugin.check(CONTAINER, inputs)
        with pytest.raises(PluginError, match=r"Host key verification failed.*known host key"):
            plugin.create(CONTAINER, checked)
    eventually(lambda: folders() == before, 5)  # the tunnel ends after the plugin


def test_what_has_drifted_is_said_and_mended(lab: LabDeployment) -> None:
    started = lab.machine.exec("docker ps -q").split()
    lab.machine.exec(  # of the sysctls, the one that lab machines do not share
        "sysctl -qw net.bridge.bridge-nf-call-iptables=0; rm /etc/apt/apt.conf.d/60cyberhubs; "
        "systemctl stop docker.socket docker"
    )
    said = lab.ops("drift", fails=True)
    for line in (
        "bridge-nf-call-iptables = 1",
        "60cyberhubs is gone",
        "docker: started",
        "Not looked at: No Docker engine answers",
    ):
        assert line in said
    lab.ops("up")
    assert "All is as it was made" in lab.ops("drift")
    # live-restore: the containers went on while the engine was down.
    assert lab.machine.exec("docker ps -q").split() == started
    assert set(changes(lab.ops("up"))) == UNCHANGED


def test_a_damaged_file_and_a_lost_state_take_nobody_s_work(lab: LabDeployment) -> None:
    access = "/mnt/hubs/core/live/access"
    right = lab.machine.exec(f"cat {access}")
    with lab.tunnel(), signed_in(lab, "grace") as kernel:
        kernel.run("kept = 6 * 7")
        lab.machine.exec(f"echo damaged >{access}")
        said = lab.ops("drift", fails=True)
        assert f"{access} has other content (last changed 20" in said
        assert "belongs to uid 12345" in said
        assert re.search(
            r"- Since then debian logged in by ssh from [\d.]+ .*, with the key of host.ssh", said
        )
        assert f"{access}: written" in lab.ops("up")
        assert lab.machine.exec(f"cat {access}") == right
        lab.state_file.unlink()
        assert "which the stack's state does not know" in lab.ops("up")
        eventually(lambda: keeps_its_variables(kernel))
    assert set(changes(lab.ops("up"))) == UNCHANGED


def test_a_firewall_that_shuts_the_operator_out_takes_itself_back(lab: LabDeployment) -> None:
    before = lab.file.read_text()
    lab.edit(lambda config: config["cyberhubs:host"]["ssh"].update({"from": ["192.0.2.0/24"]}))
    said = lab.ops("up", fails=True)
    assert "taken back in 3 minutes" in said and "does not answer" in said
    lab.machine.exec("systemctl start cyberhubs-firewall-undo.service")  # as its timer will
    lab.write(before)
    lab.ops("up")
    assert "All is as it was made" in lab.ops("drift")


def test_after_a_reboot_it_answers_again(lab: LabDeployment) -> None:
    with lab.tunnel(), member(lab, "katherine") as katherine:
        katherine.kernel().run("print('orbit', file=open('kept.txt', 'w'))")
    lab.machine.reboot()
    with Member(lab.url, "katherine") as again, lab.tunnel():
        again.http.cookies = katherine.http.cookies
        eventually(lambda: httpx.get(f"{lab.url}hub/health").status_code == 200)
        again.start()
        assert again.kernel().run("print(open('kept.txt').read())") == "orbit"
        again.stop()
    assert "All is as it was made" in lab.ops("drift")
    assert set(changes(lab.ops("up"))) == UNCHANGED


def test_a_machine_that_is_replaced(lab: LabDeployment) -> None:
    """By a fresh one with the same disk: new containers, the same members."""
    with lab.tunnel(), Member(lab.url, "grace") as grace:
        grace.sign_in(lab.password).start()
        grace.kernel().run("print('shell', file=open('kept.txt', 'w'))")
        before = lab.machine.exec("docker ps -q").split()
    password = lab.password
    lab.machine.boot()
    said = lab.ops("up", fails=True)
    assert "shows another host key" in said and "make host-key" in said
    lab.trust()
    plain = lab.ops("preview", fails=True).partition("In plain words:")[2]  # as ssh is open
    assert plain.strip().startswith("Would be lost:")
    assert "if another one has come to that address" in plain and "go on" not in plain
    said = lab.ops("up")
    assert "This is another machine than the one before" in said
    assert re.search(r"containers of another machine: \d removed", said)
    assert not set(before) & set(lab.machine.exec("docker ps -aq").split())
    assert lab.password == password
    with lab.tunnel():
        grace.reconnect()
        grace.start()
        assert grace.kernel().run("print(open('kept.txt').read())") == "shell"
        grace.stop()
    assert set(changes(lab.ops("up"))) == UNCHANGED


def test_down_takes_all_away_but_the_data(lab: LabDeployment) -> None:
    with lab.tunnel(), Member(lab.url, "katherine") as katherine:
        katherine.sign_in(lab.password).start()
        katherine.kernel().run("print('orbit', file=open('down.txt', 'w'))")
        down = lab.ops("down")
    assert "All files stay in /mnt" in down
    assert lab.on_machine() == lab.on_machine("network ls") == []
    assert lab.machine.exec("cat /mnt/jupyterhub_users/core/katherine/down.txt") == "orbit\n"
    lab.ops("up")
    with lab.tunnel(), signed_in(lab, "katherine") as kernel:
        assert kernel.run("print(open('down.txt').read())") == "orbit"


def test_no_secret_is_readable(lab: LabDeployment) -> None:
    secrets = {
        "private key": lab.machine.key.read_text().splitlines()[1],
        "password": lab.password,
        "proxy's token": lab.machine.exec("cat /mnt/hubs/core/secrets/proxy_token"),
    }
    assert all(secrets.values())
    shown = "ps -eo args; cat /var/log/auth.log 2>/dev/null; journalctl -o cat"
    seen = {
        "state": lab.pulumi("stack", "export"),
        "state, for its operator": lab.pulumi("stack", "export", "--show-secrets"),
        "machine": lab.machine.exec(shown),
    }
    assert lab.machine.host_key in seen["state"]
    assert [
        (place, name)
        for place, text in seen.items()
        for name, secret in secrets.items()
        if secret in text
    ] == [("state, for its operator", "password")]
