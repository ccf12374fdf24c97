"""A stack on an OpenStack cloud: the services are real, and its server is a machine of metal.py."""

from collections.abc import Iterator

import httpx
import pytest

from tests.lab.cloud import LabCloud, lab_cloud
from tests.lab.deployment import CloudDeployment
from tests.lab.metal import metal
from tests.live.deployment import changes
from tests.live.member import Member


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabCloud]:
    directory = tmp_path_factory.mktemp("cloud")
    with lab_cloud(directory, "cloud") as cloud, metal(cloud, directory):
        yield cloud


@pytest.fixture(scope="module")
def stack(cloud: LabCloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudDeployment]:
    deployment = CloudDeployment(tmp_path_factory.mktemp("stack"), "lab", cloud)
    deployment.make("up")
    yield deployment
    down = deployment.make("down")
    kept = deployment.made()
    assert set(kept) == {"volume", "address"} and kept["volume"] in down
    deployment.pulumi("state", "unprotect", "--all", "--yes")
    assert "Nothing that it made is left in the cloud" in deployment.make("down")
    assert deployment.made() == {}


def test_up_again_changes_nothing(stack: CloudDeployment) -> None:
    assert set(changes(stack.make("up"))) == {"unchanged"}


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
        assert says in stack.make("up", check=False)
    finally:
        stack.say(**host)
    assert stack.made() == before
    assert set(changes(stack.make("up"))) == {"unchanged"}


def test_a_volume_grows_in_place(stack: CloudDeployment) -> None:
    def left_gb() -> float:
        line = next(line for line in stack.make("status").splitlines() if "/mnt:" in line)
        return float(line.split("/mnt:")[1].split()[0])

    before = left_gb()
    stack.say(data={"sizeGb": 26, "filesystem": "xfs"})
    changed = changes(stack.make("up"))
    assert changed["updated"] == 2 and set(changed) == {"updated", "unchanged"}
    assert left_gb() > before + 1.5


def test_another_image_is_another_machine_with_all_that_members_have(
    stack: CloudDeployment,
) -> None:
    before = stack.made()
    with stack.tunnel():
        grace = Member(stack.url, "grace")
        grace.sign_in(stack.make("password").split()[-1]).start()
        grace.kernel().run("print('orbit', file=open('kept.txt', 'w'))")
    stack.say(image={"name": "debian-12-newer"})
    preview = stack.make("preview")
    assert "openstack:compute/instance:Instance: (replace)" in preview
    stack.make("up")
    after = stack.made()
    assert after["server"] != before["server"]
    assert (after["volume"], after["address"]) == (before["volume"], before["address"])
    with stack.tunnel(), grace:
        grace.http = httpx.Client(
            follow_redirects=True, timeout=60, cookies=grace.http.cookies.jar
        )  # the same cookies, a new connection
        grace.start()
        assert grace.kernel().run("print(open('kept.txt').read())") == "orbit"
        grace.stop()


def test_a_machine_that_somebody_deleted_is_made_again(stack: CloudDeployment) -> None:
    before = stack.made()
    compute = stack.cloud.connect("demo").compute
    server = compute.get_server(before["server"])
    compute.delete_server(server)
    compute.wait_for_delete(server)
    assert "is gone from the cloud: making one" in stack.make("up")
    after = stack.made()
    assert after["server"] != before["server"] and after["volume"] == before["volume"]
    assert set(changes(stack.make("up"))) == {"unchanged"}
