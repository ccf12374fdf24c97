"""A stack on an OpenStack cloud: the services are real, and its server is a machine of metal.py."""

from collections.abc import Iterator

import pytest

from tests.lab.cloud import LabCloud, lab_cloud
from tests.lab.deployment import CloudDeployment
from tests.lab.metal import metal
from tests.live.deployment import changes


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
