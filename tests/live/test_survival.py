"""Whatever happens to hub or proxy, a running notebook goes on: its kernel keeps its variables."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.deployment import Deployment, changes
from tests.support.member import Kernel, Member, keeps_its_variables
from tests.support.waiting import eventually


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


def test_killed_hub_comes_back_by_itself(deployment: Deployment, kernel: Kernel) -> None:
    deployment.kill("hub")
    assert keeps_its_variables(kernel)
    eventually(lambda: httpx.get(f"{deployment.url}hub/health").status_code == 200)
    assert keeps_its_variables(kernel)


def test_killed_proxy_comes_back_by_itself(deployment: Deployment, kernel: Kernel) -> None:
    deployment.kill("proxy")
    eventually(lambda: keeps_its_variables(kernel))


def test_stopped_hub_stops_no_server(deployment: Deployment, kernel: Kernel) -> None:
    deployment.container("hub").stop(timeout=20)
    assert keeps_its_variables(kernel)
    deployment.container("hub").start()
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


@pytest.mark.parametrize("how", ["stopped", "removed"])
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
