"""`limits.disk`: where the file system of the data has no project quotas, `up` refuses it. What keeps members within their home's
project is there in every server, whatever its image; that it limits is in tests/lab/test_quotas.py, as it takes a kernel of
its own."""

import errno
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from docker.errors import APIError

from tests.support import images
from tests.support.access import at_work, server_of
from tests.support.deployment import ONE_HUB, Deployment
from tests.support.member import Member
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow

OF_OTHERS = "  cyberhubs:applications:\n    jovyan: {{build: ../jovyan, title: As others are}}\n"
# More than any disk has: it is limited by that, and nothing has to be set.
LIMITED = ONE_HUB.replace("  cyberhubs:hubs:\n", f"{OF_OTHERS}  cyberhubs:hubs:\n")
LIMITED = LIMITED.replace("[corehub]", "[corehub, jovyan]").replace(
    "pids: 256", "pids: 256, disk: 9999T"
)
# FS_IOC_FSSETXATTR of the home.
LEAVE = """
import fcntl, os
try:
    fcntl.ioctl(os.open(os.path.expanduser("~"), os.O_RDONLY), 0x401C5820, bytes(28))
except OSError as error:
    print(error.errno)
"""
FILTERS = r"""
import re
print(*(re.search(r"Seccomp_filters:\s+(\d+)", open(f"/proc/{one}/status").read())[1] for one in (1, "self")))
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    made = Deployment(tmp_path_factory.mktemp("limited"), "limited", LIMITED)
    context = made.directory / "jovyan"
    images.copy_jovyan(context)
    options = subprocess.check_output(["findmnt", "-no", "OPTIONS", "--target", context], text=True)
    if "prjquota" in options:  # so that there `up` would have nothing to refuse
        pytest.skip("the disk of the tests has project quotas")
    images.built()
    refused = made.ops("up", fails=True)
    assert "limits.disk needs project quotas, which the file system of" in refused
    assert "Nothing was changed." in refused
    assert made.containers() == made.networks() == []
    assert not made.data.exists()
    made.pulumi("stack", "init", "--no-select")
    try:
        made.pulumi("up", "--yes", "--skip-preview")  # which does not look at that
        yield made
    finally:
        made.ops("down")
    assert made.containers() == made.networks() == []


@pytest.mark.parametrize(("name", "image"), [("grace", "corehub"), ("katherine", "jovyan")])
def test_nothing_in_a_server_can_leave_its_project(
    stack: Deployment, name: str, image: str
) -> None:
    with Member(stack.url, name) as member:
        member.sign_in(stack.password).start(options={"image": image})
        kernel = member.kernel()
        assert kernel.run(LEAVE) == str(errno.EPERM)
        first, own = map(int, kernel.run(FILTERS).split())
        assert first == own > 1  # the engine's, and ours
        container = stack.engine.containers.get(server_of(stack, name))
        assert container.attrs["Config"]["Healthcheck"] == {"Test": ["NONE"]}
        assert container.attrs["HostConfig"].get("StorageOpt") == layers(stack, container.image)
        assert kernel.run("print(6 * 7)") == "42"
        member.type_in_terminal("touch there")
        container.kill("SIGTERM")  # which the server hears
        eventually(lambda: server_of(stack, name) not in stack.containers(), 60)


def layers(stack: Deployment, image: Any) -> dict[str, str] | None:
    """What a server's own layer may take: so much as a home, where this machine's engine limits any."""
    try:
        stack.engine.containers.create(image, storage_opt={"size": "1m"}).remove()
    except APIError as error:
        assert "storage-opt" in str(error)
        return None
    return {"size": str(9999 * 2**40)}


def test_the_page_shows_how_much_is_taken(stack: Deployment) -> None:
    with at_work(stack, "grace") as grace:
        figures = grace.http.get(f"{grace.server}api/metrics/v1").json()
        assert 0 < figures["disk_used"] < figures["disk_total"]
        grace.stop()
    assert re.search(r"^  homes +\S+ GiB each", stack.ops("status"), re.MULTILINE)
