"""What a member's server may take, asked of its container; and that programs in it make use of that, and of no more."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from cyberhubs.ops.engine import run_inside
from tests.support.access import at_work, server_of
from tests.support.browser import chromium, open_notebook, output, run_cell
from tests.support.deployment import ONE_HUB, Deployment, running
from tests.support.member import Kernel, Member
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow

GB = 2**30
MB = 2**20
LIMITS = "limits: {{memory: 1G, cpus: 2, pids: 256}}"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """With the least processes that a hub may allow, and half a processor."""
    first = ONE_HUB.replace(LIMITS, "limits: {{memory: 1G, cpus: 0.5, pids: 64}}")
    with running(Deployment(tmp_path_factory.mktemp("limits"), "limits", first)) as stack:
        yield stack


@pytest.fixture(scope="module")
def kernel(stack: Deployment) -> Iterator[Kernel]:
    with at_work(stack, "grace") as grace:
        yield grace.kernel()
        grace.stop()


def test_a_server_has_the_limits_of_the_stack_file(stack: Deployment, kernel: Kernel) -> None:
    host = stack.engine.containers.get(server_of(stack, "grace")).attrs["HostConfig"]
    assert (host["Memory"], host["MemorySwap"], host["ShmSize"]) == (GB, GB, GB)
    assert host["CpuQuota"] / host["CpuPeriod"] == 0.5
    assert host["PidsLimit"] == 64
    # Where the whole machine is out of memory, members' servers end before the hub.
    score = "/proc/self/oom_score_adj"
    assert int(kernel.run(f"print(open('{score}').read())")) > 0
    assert run_inside(stack.container("hub"), "cat", score) == (0, "0\n")
    _, given = run_inside(stack.container("hub"), "sh", "-c", "ulimit -Hn")
    files = "import resource; print(*resource.getrlimit(resource.RLIMIT_NOFILE))"
    assert kernel.run(files) == " ".join([str(min(64000, int(given)))] * 2)


@contextmanager
def memory_in_use(stack: Deployment) -> Iterator[None]:
    """As the hub sees its machine, all of whose memory is others'."""
    hub = stack.container("hub")
    write = "sed 's/^MemAvailable:.*/MemAvailable: 1000 kB/' /proc/meminfo > /run/hub/meminfo"
    assert hub.exec_run(["sh", "-c", write]) == (0, b"")
    enter = ["nsenter", "-t", str(hub.attrs["State"]["Pid"]), "-m", "-p"]
    subprocess.run([*enter, "mount", "--bind", "/run/hub/meminfo", "/proc/meminfo"], check=True)
    try:
        yield
    finally:
        subprocess.run([*enter, "umount", "/proc/meminfo"], check=True)


def test_a_start_waits_for_memory(stack: Deployment) -> None:
    with at_work(stack, "katherine") as katherine:
        katherine.stop()
        with memory_in_use(stack):
            katherine.ask_for_server()
            events = f"{katherine.hub}hub/api/users/katherine/server/progress"
            with katherine.http.stream("GET", events) as said:
                assert next(line for line in said.iter_lines() if "Waiting for memory" in line)
            assert f"cyberhubs.{stack.stack}.core.user.katherine" not in stack.containers()
        eventually(lambda: katherine.ask_hub("GET", "users/katherine").json()["server"])
        katherine.stop()


def test_shared_memory_is_as_large_as_the_memory(kernel: Kernel) -> None:
    code = """
from multiprocessing.shared_memory import SharedMemory
shared = SharedMemory(create=True, size=200 << 20)
shared.buf[:] = b"x" * len(shared.buf)
print(shared.size)
shared.close()
shared.unlink()
"""
    assert kernel.run(code) == str(200 * MB)


def test_programs_start_as_many_threads_as_there_are_processors(kernel: Kernel) -> None:
    code = """
import os, re, numpy
before = len(os.listdir("/proc/self/task"))
numpy.ones((1000, 1000)) @ numpy.ones((1000, 1000))
print(os.cpu_count(), len(os.listdir("/proc/self/task")) - before, os.environ["OMP_NUM_THREADS"])
"""
    assert kernel.run(code) == "1 0 1"


@pytest.mark.timeout(300)  # nobody reads on a websocket that was closed for its message
def test_a_large_file_reaches_a_kernel_by_its_websocket(kernel: Kernel) -> None:
    """As an upload widget sends it: its own memory is what bounds it."""
    file = "x" * (100 * MB)
    with kernel.connected() as connection:
        code = "print(len(get_ipython().kernel.get_parent()['metadata']['file']))"
        assert connection.run(code, file=file) == str(len(file))
        assert connection.run("print(6 * 7)") == "42"


def test_a_kernel_that_is_killed_for_memory_says_so_below_its_cell(stack: Deployment) -> None:
    says = "The kernel was killed: this server's memory, 1 GB for all that runs in it, was used up."
    with chromium() as browser:
        page = browser.new_page()
        open_notebook(page, stack.front, "Test hub", "katherine", stack.password)
        run_cell(page, "x = b'x' * (2 << 30)", 0)
        expect(output(page)).to_contain_text(says, timeout=60_000)
    with Member(stack.url, "katherine") as katherine:
        katherine.sign_in(stack.password).stop()


def test_a_server_that_is_killed_for_memory_says_so_where_it_is_started_again(
    stack: Deployment,
) -> None:
    """Of any image: it is the hub that says it."""
    first = "import os; open(f'/proc/{os.getppid()}/oom_score_adj', 'w').write('1000')"
    nobody_s = (
        "while True: open('/dev/shm/x', 'ab').write(bytes(2**20))"  # so the server is the largest
    )
    says = "It was killed: its memory, 1 GB for all that runs in it, was used up."
    with at_work(stack, "katherine") as katherine:
        with katherine.kernel().connected() as connection:
            connection.run(first)
            connection.begin(nobody_s)
        eventually(lambda: server_of(stack, "katherine") not in stack.containers(), 60)
        assert says in katherine.http.get(f"{katherine.server}lab").text
        katherine.start()
        katherine.stop()
        assert says not in katherine.http.get(f"{katherine.server}lab").text
