"""A stack on an OpenStack cloud: the services are real, and its server is a machine of metal.py."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from cyberhubs.names import key_pair
from tests.support.deployment import changes
from tests.support.keys import make_key
from tests.support.lab.cloud import LabCloud
from tests.support.lab.deployment import CloudDeployment
from tests.support.lab.metal import Metal, metal
from tests.support.lab.production import acme, members_work, production
from tests.support.member import Member
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow

BROKEN = b"#cloud-config\nbootcmd: [[sh, -c, 'echo no such mirror >&2; exit 3']]\n"


@dataclass(frozen=True)
class Lab:
    cloud: LabCloud
    metal: Metal


@pytest.fixture(scope="module")
def lab(cloud: LabCloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with metal(cloud, tmp_path_factory.mktemp("metal")) as running:
        yield Lab(cloud, running)


@pytest.fixture(scope="module")
def obstacles() -> dict[str, str]:
    """What stood in the way of the first updates → what they printed."""
    return {}


@pytest.fixture(scope="module")
def stack(
    lab: Lab, obstacles: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CloudDeployment]:
    """Up, with each update going on where one failed before."""
    deployment = CloudDeployment(tmp_path_factory.mktemp("stack"), "lab", lab.cloud)
    with quotas(lab.cloud, volume={"volumes": 0}, network={"floatingip": 0}):
        obstacles["quotas"] = deployment.ops("up", fails=True)
    with quotas(lab.cloud, compute={"cores": 4000}):
        deployment.say(flavor="huge")  # which no computer there can carry
        obstacles["no computer"] = deployment.ops("up", fails=True)
        deployment.say(flavor="p2-3gb")
    lab.metal.vendor_data = BROKEN
    obstacles["cloud-init"] = deployment.ops("up", fails=True)
    lab.metal.vendor_data = b""
    delete_server(deployment)
    deployment.ops("up")
    yield deployment
    down = deployment.ops("down")
    kept = deployment.made()
    assert set(kept) == {"volume", "address"} and kept["volume"] in down
    deployment.clean()


def delete_server(deployment: CloudDeployment) -> None:
    compute = deployment.cloud.connect("demo").compute
    server = compute.get_server(deployment.made()["server"])
    compute.delete_server(server)
    compute.wait_for_delete(server)


@contextmanager
def quotas(cloud: LabCloud, **limits: dict[str, int]) -> Iterator[None]:
    """What the project may have at most, for a while; `limits`: of the services by name."""
    admin = cloud.connect()
    for service, limit in limits.items():
        getattr(admin, f"set_{service}_quotas")("demo", **limit)
    try:
        yield
    finally:
        for service in limits:
            getattr(admin, f"delete_{service}_quotas")("demo")


@pytest.mark.parametrize(
    ("obstacle", "says"),
    [
        ("quotas", "Maximum number of volumes allowed (0) exceeded"),
        ("quotas", "Quota exceeded for resources: ['floatingip']"),
        ("no computer", "No valid host was found"),
        ("cloud-init", "no such mirror"),
    ],
)
def test_what_stands_in_the_way_is_said_and_the_next_update_goes_on(
    stack: CloudDeployment, obstacles: dict[str, str], obstacle: str, says: str
) -> None:
    assert says in obstacles[obstacle]


def test_up_again_changes_nothing(stack: CloudDeployment) -> None:
    assert set(changes(stack.ops("up"))) == {"unchanged"}


def test_no_private_key_is_readable(stack: CloudDeployment) -> None:
    assert "PRIVATE KEY" not in stack.pulumi("stack", "export")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"image": {"name": "twice"}}, "2 images named 'twice'"),
        ({"flavor": "nope"}, "no flavor 'nope'. It has: "),
        ({"data": {"sizeGb": 23, "filesystem": "xfs"}}, "cannot shrink. Nothing was touched"),
    ],
    ids=["ambiguous image", "unknown flavor", "smaller volume"],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    stack: CloudDeployment, change: dict, says: str
) -> None:
    before, host = stack.made(), dict(stack.host)
    stack.say(**change)
    try:
        assert says in stack.ops("up", fails=True)
    finally:
        stack.say(**host)
    assert stack.made() == before
    assert set(changes(stack.ops("up"))) == {"unchanged"}


def test_in_production(stack: CloudDeployment, tmp_path: Path) -> None:
    address = stack.outputs()["address"]
    with production(stack, acme, tmp_path, address, stack.cloud.gateway) as trust:
        members_work(stack, trust, address, "katherine")
    for port in (443, 80):  # the security group is as before
        with pytest.raises(OSError):
            socket.create_connection((address, port), 3)


def test_a_volume_grows_in_place(stack: CloudDeployment) -> None:
    def left_gb() -> float:
        line = next(line for line in stack.ops("status").splitlines() if "/mnt:" in line)
        return float(line.split("/mnt:")[1].split()[0])

    before = left_gb()
    stack.say(data={"sizeGb": 26, "filesystem": "xfs"})
    changed = changes(stack.ops("up"))
    assert changed["updated"] == 2 and set(changed) == {"updated", "unchanged"}
    assert left_gb() > before + 1.5


def test_another_image_is_another_machine_with_all_that_members_have(
    stack: CloudDeployment,
) -> None:
    before = stack.made()
    with stack.tunnel():
        grace = Member(stack.url, "grace")
        grace.sign_in(stack.password).start()
        grace.kernel().run("print('orbit', file=open('kept.txt', 'w'))")
    stack.say(image={"name": "debian-12-newer"})
    preview = stack.ops("preview")
    assert "openstack:compute/instance:Instance: (replace)" in preview
    stack.ops("up")
    after = stack.made()
    assert after["server"] != before["server"]
    assert (after["volume"], after["address"]) == (before["volume"], before["address"])
    with stack.tunnel(), grace:
        grace.reconnect()
        grace.start()
        assert grace.kernel().run("print(open('kept.txt').read())") == "orbit"
        grace.stop()


def test_what_somebody_changed_in_the_cloud_is_drift(stack: CloudDeployment) -> None:
    """Which a look at the machine does not see."""
    network = stack.cloud.connect("demo").network
    group = next(g for g in network.security_groups() if g.name == f"cyberhubs-{stack.stack}")
    rule = next(r for r in network.security_group_rules(security_group_id=group.id)
                if r.port_range_min == 22 and r.ether_type == "IPv6")  # fmt: skip
    assert "All is as it was made" in stack.ops("drift")
    network.delete_security_group_rule(rule)
    said = stack.ops("drift", fails=True)
    where = "host-server-in-22----0"
    assert f"- {where}: is not there. To keep that, say it in cyberhubs:host.ssh.from." in said
    assert "cyberhubs logged in by ssh from" in said and "the key of host.ssh" in said
    assert changes(stack.ops("up", "--refresh"))["created"] == 1
    assert "All is as it was made" in stack.ops("drift")


def test_another_key_is_another_machine_that_refuses_the_old_one(stack: CloudDeployment) -> None:
    before, ssh = stack.made(), stack.host["ssh"]
    assert "By hand, as the machine is replaced" in stack.ops(
        "rotate", "--secret", "ssh-key", fails=True
    )
    new = make_key(stack.directory / "another")
    public = new.with_suffix(".pub").read_text().strip()
    stack.say(ssh={"publicKey": public, "privateKeyFile": str(new)})
    stack.ops("up")
    after = stack.made()
    assert after["server"] != before["server"] and after["volume"] == before["volume"]
    stack.host["ssh"]["privateKeyFile"] = ssh["privateKeyFile"]
    assert subprocess.run([*stack.plain_ssh(), "true"]).returncode == 255
    stack.host["ssh"]["privateKeyFile"] = str(new)
    assert subprocess.run([*stack.plain_ssh(), "true"]).returncode == 0


def test_a_machine_that_somebody_deleted_is_made_again(stack: CloudDeployment) -> None:
    """Also when its image has been published anew, under the same name."""
    before = stack.made()
    images, name = stack.cloud.connect().image, stack.host["image"]["name"]
    images.delete_image(images.find_image(name, ignore_missing=False).id)
    images.create_image(
        name=name,
        data=bytes(2**20),
        disk_format="raw",
        container_format="bare",
        visibility="public",
    )
    assert set(changes(stack.ops("up"))) == {"unchanged"}
    delete_server(stack)
    said = stack.ops("up")
    assert "is gone from the cloud: making one" in said
    assert "The image of the machine before is gone from the cloud" in said
    after = stack.made()
    assert after["server"] != before["server"] and after["volume"] == before["volume"]
    assert set(changes(stack.ops("up"))) == {"unchanged"}


def test_a_machine_that_the_cloud_could_not_make_is_made_again(stack: CloudDeployment) -> None:
    """It is in the state then, with a plugin that leaves what has failed to the next update."""
    cloud = stack.cloud.connect("demo")
    delete_server(stack)
    with quotas(stack.cloud, compute={"cores": 4000}):
        failed = cloud.compute.create_server(
            name="failed",
            flavor_id=cloud.compute.find_flavor("huge", ignore_missing=False).id,
            image_id=cloud.image.find_image("debian-12", ignore_missing=False).id,
            networks="none",
        )
        eventually(lambda: cloud.compute.get_server(failed).status == "ERROR")
    stack.edit_state("host-server-instance", lambda resource: resource.update(id=failed.id))
    said = stack.ops("up")
    assert "The cloud could not make the machine: No valid host was found" in said
    assert cloud.compute.find_server(failed.id) is None
    assert set(changes(stack.ops("up"))) == {"unchanged"}


def test_a_lost_state_makes_no_second_machine_and_no_empty_volume(stack: CloudDeployment) -> None:
    before = stack.made()
    lost = stack.state_file.rename(stack.state_file.with_suffix(".lost"))
    try:
        assert f"has a machine cyberhubs-{stack.stack} ({before['server']})" in stack.ops(
            "up", fails=True
        )
        server = stack.cloud.connect("demo").compute.get_server(before["server"])
        stack.cloud.connect("demo").compute.update_server(server, name="given-up")
        said = stack.ops("up", fails=True)
        assert f"has a volume cyberhubs-{stack.stack} ({before['volume']})" in said
        stack.cloud.connect("demo").compute.update_server(server, name=f"cyberhubs-{stack.stack}")
    finally:
        lost.rename(stack.state_file)
    assert stack.made() == before
    assert set(changes(stack.ops("up"))) == {"unchanged"}


def test_a_machine_that_somebody_stopped_is_started(stack: CloudDeployment) -> None:
    before = stack.made()
    compute = stack.cloud.connect("demo").compute
    server = compute.get_server(before["server"])
    compute.stop_server(server)
    compute.wait_for_server(server, "SHUTOFF")
    assert "is SHUTOFF: starting it" in stack.ops("up")
    assert stack.made() == before
    with stack.tunnel(), Member(stack.url, "katherine") as katherine:
        eventually(lambda: httpx.get(f"{stack.url}hub/health").status_code == 200)
        katherine.sign_in(stack.password).start()
        katherine.stop()


def test_credentials_that_have_expired(stack: CloudDeployment, tmp_path: Path) -> None:
    wrong = tmp_path / "clouds.yaml"
    wrong.write_text(stack.cloud.clouds_yaml.read_text().replace("password: lab", "password: old"))
    right = stack.environment
    stack.environment = right | {"OS_CLIENT_CONFIG_FILE": str(wrong)}
    try:
        for target in ("up", "down"):
            assert "does not accept the credentials" in stack.ops(target, fails=True)
    finally:
        stack.environment = right
    assert set(changes(stack.ops("up"))) == {"unchanged"}


def test_a_lost_volume_is_not_replaced_by_an_empty_one(lab: Lab, tmp_path: Path) -> None:
    lost = CloudDeployment(tmp_path, "server", lab.cloud)
    block_storage = lab.cloud.connect("demo").block_storage
    # As a state leaves it that is lost.
    key = " ".join(lost.host["ssh"]["publicKey"].split()[:2])
    lab.cloud.connect("demo").compute.create_keypair(name=key_pair(lost.stack, key), public_key=key)
    try:
        # Without a machine that has the volume.
        with quotas(lab.cloud, compute={"instances": 0, "force": True}):
            said = lost.ops("up", fails=True)
            assert "Removed the key pair" in said and "Quota exceeded for instances" in said
            volume = block_storage.get_volume(lost.made()["volume"])
            block_storage.delete_volume(volume.id)
            block_storage.wait_for_delete(volume)
            said = lost.ops("up", fails=True)
        assert f"The data volume {volume.id} is gone from the cloud" in said
        assert "volume" not in lost.made()
    finally:
        lost.clean()
