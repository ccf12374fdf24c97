"""A server that nobody uses is stopped; one whose kernels are at work is not, though its page is closed."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.access import at_work, server_of
from tests.support.deployment import ONE_HUB, Deployment, running
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow

IDLE_S = 60
BURSTS_S = 3 * IDLE_S
# As a fit does, step by step: two in a thousand of a core.
BURSTS = f"""
import time
end = time.monotonic() + {BURSTS_S}
while time.monotonic() < end:
    sum(range(10**6))
    time.sleep(15)
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    limits = "limits: {{memory: 1G, cpus: 2, pids: 256}}"
    first = ONE_HUB.replace(limits, f"{limits}\n      idle: {{{{afterMinutes: {IDLE_S // 60}}}}}")
    with running(Deployment(tmp_path_factory.mktemp("idle"), "idle", first)) as stack:
        figures: Any = stack.container("hub").stats(stream=False)
        if figures["read"].startswith("0001"):
            pytest.skip("this engine has no figures of its containers, so nobody is known to idle")
        yield stack


def test_a_kernel_that_computes_in_bursts_is_at_work(stack: Deployment) -> None:
    with at_work(stack, "grace") as grace:
        with grace.kernel().connected() as connection:
            began = time.monotonic()
            connection.begin(BURSTS)
        while time.monotonic() - began < BURSTS_S - 5:
            assert server_of(stack, "grace") in stack.containers()
            time.sleep(5)  # and look again: it must run at each moment until then
        eventually(lambda: server_of(stack, "grace") not in stack.containers(), 4 * IDLE_S)
