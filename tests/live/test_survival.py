"""Whatever happens to hub or proxy, a running notebook goes on: its kernel keeps its variables."""

import os
import signal
import time
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.support.access import at_work, server_of
from tests.support.deployment import Deployment, changes
from tests.support.member import Kernel, Member, keeps_its_variables
from tests.support.waiting import eventually

REMEMBERED_S = 30
ANSWER_S = 30


def test_killed_hub_comes_back_by_itself(deployment: Deployment, kernel: Kernel) -> None:
    deployment.kill("hub")
    assert keeps_its_variables(kernel)
    eventually(lambda: httpx.get(f"{deployment.url}hub/health").status_code == 200)
    assert keeps_its_variables(kernel)


def test_killed_proxy_comes_back_by_itself(deployment: Deployment, kernel: Kernel) -> None:
    deployment.kill("proxy")
    eventually(lambda: keeps_its_variables(kernel))


def test_a_websocket_that_found_no_way_holds_nobody_up(
    deployment: Deployment, kernel: Kernel
) -> None:
    """As an open page asks again and again while a new proxy has not heard from its hub."""

    def refused() -> int:
        with pytest.raises(InvalidStatus) as refusal, kernel.connected():
            pass
        return refusal.value.response.status_code

    hub = deployment.container("hub")
    hub.pause()
    try:
        deployment.kill("proxy")
        eventually(lambda: refused() == 404)
        assert [refused(), refused()] == [404, 404]
    finally:
        hub.unpause()
    eventually(lambda: keeps_its_variables(kernel))


def test_stopped_hub_stops_no_server(deployment: Deployment, kernel: Kernel) -> None:
    deployment.container("hub").stop(timeout=20)
    assert keeps_its_variables(kernel)
    deployment.container("hub").start()
    eventually(lambda: httpx.get(f"{deployment.url}hub/health").status_code == 200)
    assert keeps_its_variables(kernel)


def test_a_server_s_program_is_the_one_for_its_jupyterhub(
    deployment: Deployment, kernel: Kernel
) -> None:
    """Which remembers the hub's answers; `jupyterhub-singleuser`, which it falls back to, does not."""
    server = deployment.engine.containers.get(server_of(deployment, "grace"))
    assert any("/start-singleuser" in process[-1] for process in server.top()["Processes"])


def test_a_server_off_its_hub_s_network_is_put_back(deployment: Deployment, kernel: Kernel) -> None:
    server = deployment.engine.containers.get(server_of(deployment, "grace"))
    [network] = server.attrs["NetworkSettings"]["Networks"]
    deployment.engine.networks.get(network).disconnect(server)
    deployment.kill("hub")
    eventually(lambda: httpx.get(f"{deployment.url}hub/health").status_code == 200)
    eventually(lambda: keeps_its_variables(kernel))


@pytest.mark.parametrize("hub", ["at work", "silent"])
def test_nobody_waits_for_a_server_that_is_gone(deployment: Deployment, hub: str) -> None:
    with at_work(deployment, "grace") as grace:
        if hub == "silent":
            deployment.container("hub").pause()
        try:
            deployment.engine.containers.get(server_of(deployment, "grace")).remove(force=True)
            page = grace.http.get(f"{grace.server}lab", timeout=ANSWER_S).text
            assert "Would you like to start it?" in page or "reloads itself" in page
        finally:
            if hub == "silent":
                deployment.container("hub").unpause()
        eventually(lambda: not grace.ask_hub("GET", "users/grace").json()["servers"], ANSWER_S)
        assert "Would you like to start it?" in grace.http.get(f"{grace.server}lab").text
        grace.start()
        grace.stop()


@pytest.mark.slow
@pytest.mark.parametrize("how", ["stopped", "silent"])
def test_open_notebooks_go_on_without_a_hub(
    deployment: Deployment, kernel: Kernel, how: str
) -> None:
    """Longer than a server takes its word without asking again."""
    hub = deployment.container("hub")
    if how == "stopped":
        hub.stop(timeout=20)
    else:
        hub.pause()
    try:
        time.sleep(REMEMBERED_S + 1)
        assert keeps_its_variables(kernel)
        grace = kernel.member
        saved = grace.http.put(
            f"{grace.server}api/contents/kept.txt",
            json={"type": "file", "format": "text", "content": "42"},
            headers=grace.server_headers,
        )
        assert saved.is_success, saved.text
    finally:
        if how == "stopped":
            hub.start()
        else:
            hub.unpause()
    eventually(lambda: httpx.get(f"{deployment.url}hub/health").status_code == 200)
    assert keeps_its_variables(kernel)


def test_hub_with_another_configuration_takes_over(deployment: Deployment, kernel: Kernel) -> None:
    before = deployment.container("hub").id
    logo = deployment.directory / "stacks" / "logo.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    deployment.edit(
        lambda config: config["cyberhubs:hubs"]["core"].update(title="Another", logo="logo.svg")
    )
    changed = changes(deployment.ops("up"))
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


@pytest.mark.parametrize("how", ["removed", pytest.param("stopped", marks=pytest.mark.slow)])
def test_up_makes_a_hub_again_that_somebody_took_away(
    deployment: Deployment, kernel: Kernel, how: str
) -> None:
    hub = deployment.container("hub")
    hub.stop(timeout=20)
    if how == "removed":
        hub.remove()
    printed = deployment.ops("up")
    assert f"No longer there, or stopped: {hub.name}." in printed
    eventually(lambda: httpx.get(f"{deployment.url}hub/health").status_code == 200)
    # A server looks for a hub that has another address anew after ten seconds.
    eventually(lambda: keeps_its_variables(kernel))
    assert set(changes(deployment.ops("up"))) == {"unchanged"}


def test_up_goes_on_with_what_somebody_paused(deployment: Deployment) -> None:
    hub = deployment.container("hub")
    hub.pause()
    printed = deployment.ops("up")
    assert f"{hub.name} is paused: going on with it." in printed
    assert set(changes(printed)) == {"unchanged"}
    assert httpx.get(f"{deployment.url}hub/health").status_code == 200


@pytest.mark.slow
def test_what_is_unhealthy_is_said_and_started_again(deployment: Deployment) -> None:
    proxy = deployment.container("proxy")
    started = proxy.attrs["State"]["StartedAt"]
    for process in proxy.top()["Processes"]:
        os.kill(int(process[1]), signal.SIGSTOP)

    def health() -> str:
        proxy.reload()
        return proxy.attrs["State"]["Health"]["Status"]

    eventually(lambda: health() == "unhealthy", 240)
    assert f"{proxy.name} is unhealthy" in deployment.ops("status", fails=True)
    assert f"{proxy.name} is unhealthy: starting it again." in deployment.ops("up")
    proxy.reload()
    assert proxy.attrs["State"]["StartedAt"] > started
    eventually(lambda: httpx.get(f"{deployment.url}hub/health").status_code == 200)


def test_up_builds_an_image_again_that_is_gone(deployment: Deployment) -> None:
    """Told by its state, as other stacks of this engine need the image itself."""

    seen = []

    def lose(image: dict[str, Any]) -> None:
        seen.append(image["outputs"]["stdout"])
        image["outputs"]["stdout"] = f"sha256:{'0' * 64}"

    deployment.edit_state("images-corehub", lose)
    assert "The image of images-corehub is no longer there." in deployment.ops("up")
    deployment.edit_state("images-corehub", lambda image: seen.append(image["outputs"]["stdout"]))
    assert seen[0] == seen[1]
    assert set(changes(deployment.ops("up"))) == {"unchanged"}
