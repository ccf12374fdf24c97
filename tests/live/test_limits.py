"""What a member's server may take, asked of its container; and that programs in it make use of that, and of no more."""

from collections.abc import Iterator

import pytest

from tests.support.access import at_work, server_of
from tests.support.deployment import ONE_HUB, Deployment, running
from tests.support.member import Kernel

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
