"""Whatever happens to hub or proxy, a running notebook goes on: its kernel keeps its variables."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.live.deployment import Deployment, changes
from tests.live.member import Kernel, Member


@pytest.fixture
def kernel(deployment: Deployment) -> Iterator[Kernel]:
    with Member(deployment.url, "grace") as grace:
        grace.sign_in(deployment.password)
        grace.start()
        kernel = grace.kernel()
        kernel.run("kept = 6 * 7")
        yield kernel
        grace.sign_in(deployment.password)
        grace.stop()


def keeps_its_variables(kernel: Kernel) -> bool:
    return kernel.run("print(kept)") == "42"


def test_killed_hub_comes_back_by_itself(deployment: Deployment, kernel: Kernel) -> None:
    kill_main_process(deployment, "hub")
    assert keeps_its_variables(kernel)
    eventually(lambda: httpx.get(f"{deployment.url}hub/health").status_code == 200)
    assert keeps_its_variables(kernel)


def test_killed_proxy_comes_back_by_itself(deployment: Deployment, kernel: Kernel) -> None:
    kill_main_process(deployment, "proxy")
    eventually(lambda: keeps_its_variables(kernel))


def test_stopped_hub_stops_no_server(deployment: Deployment, kernel: Kernel) -> None:
    deployment.container("hub").stop(timeout=20)
    assert keeps_its_variables(kernel)
    deployment.container("hub").start()
    eventually(lambda: httpx.get(f"{deployment.url}hub/health").status_code == 200)
    assert keeps_its_variables(kernel)


@pytest.mark.usefixtures("stack_file")
def test_hub_with_another_configuration_takes_over(deployment: Deployment, kernel: Kernel) -> None:
    before = deployment.container("hub").id
    logo = deployment.directory / "stacks" / "logo.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    deployment.edit(
        lambda config: config["cyberhubs:hubs"]["core"].update(title="Another", logo="logo.svg")
    )
    changed = changes(deployment.make("up"))
    assert deployment.container("hub").id != before
    assert changed["replaced"] >= 1
    assert keeps_its_variables(kernel)
    # The new hub knows the server as its own: its owner can reach it by a new sign-in.
    with Member(deployment.url, "grace") as grace:
        grace.sign_in(deployment.password)
        assert grace.http.get(f"{grace.server}lab").status_code == 200
        assert keeps_its_variables(kernel)
    assert "Another" in httpx.get(f"{deployment.url}hub/login").text
    assert httpx.get(f"{deployment.url}hub/logo").text == logo.read_text()


@pytest.mark.parametrize("how", ["stopped", "removed"])
def test_up_makes_a_hub_again_that_somebody_took_away(
    deployment: Deployment, kernel: Kernel, how: str
) -> None:
    hub = deployment.container("hub")
    hub.stop(timeout=20)
    if how == "removed":
        hub.remove()
    printed = deployment.make("up")
    assert f"No longer there, or stopped: {hub.name}." in printed
    eventually(lambda: httpx.get(f"{deployment.url}hub/health").status_code == 200)
    # A server looks for a hub that has another address anew after ten seconds.
    eventually(lambda: keeps_its_variables(kernel))
    assert set(changes(deployment.make("up"))) == {"unchanged"}


def kill_main_process(deployment: Deployment, role: str, hub: str = "core") -> None:
    """As the kernel's memory killer would do, not as an operator who asks the engine."""
    container = deployment.container(role, hub)
    before = container.attrs["State"]["StartedAt"]
    container.exec_run(["/bin/sh", "-c", "kill -9 -1"])

    def restarted() -> bool:
        container.reload()
        return container.attrs["State"]["StartedAt"] != before and container.status == "running"

    eventually(restarted)


def eventually(holds: Callable[[], Any], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if holds():
                return
            reason: object = "it does not hold"
        except Exception as error:  # a connection refused, a page not there yet
            reason = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {reason}")
        time.sleep(0.5)
