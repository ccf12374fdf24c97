"""A hub's database is lost or replaced by an older one while servers run: everybody works on, in the same kernels."""

import shutil
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from cyberhubs.settings.images import Images
from tests.support.access import at_work, server_of
from tests.support.deployment import Deployment
from tests.support.member import Member, keeps_its_variables
from tests.support.waiting import eventually


def test_who_works_goes_on_after_the_database_was_lost(deployment: Deployment) -> None:
    with at_work(deployment, "grace") as grace:
        kernel = grace.kernel()
        kernel.run("kept = 6 * 7")
        with_another_database(deployment, lambda database: database.unlink())
        grace.sign_in(deployment.password).start()
        assert keeps_its_variables(kernel)
        grace.stop()
        assert server_of(deployment, "grace") not in deployment.containers()
        grace.start()
        grace.stop()


@pytest.mark.parametrize("of", ["nothing", "another server"])
@pytest.mark.slow
def test_who_works_goes_on_with_an_older_database(
    deployment: Deployment, tmp_path: Path, of: str
) -> None:
    """`of`: what it knows to run."""
    older = tmp_path / "older"
    with at_work(deployment, "grace") as grace:
        if of == "nothing":
            grace.stop()
        with_another_database(deployment, lambda database: shutil.copy(database, older))
        if of == "another server":
            grace.stop()
        grace.start()
        kernel = grace.kernel()
        kernel.run("kept = 6 * 7")
        with_another_database(deployment, lambda database: shutil.copyfile(older, database))
        grace.sign_in(deployment.password)
        if of == "nothing":
            grace.start()
        assert grace.http.get(f"{grace.server}lab").status_code == 200
        # A server remembers a browser that it knows; of another one it has to ask the hub.
        with Member(deployment.url, "grace") as other_browser:
            other_browser.sign_in(deployment.password)
            assert other_browser.http.get(f"{grace.server}lab").status_code == 200
        eventually(lambda: keeps_its_variables(kernel))
        grace.stop()


def test_what_is_not_the_hub_s_is_left_alone(deployment: Deployment) -> None:
    """A container that has the name of a member's and not its labels."""
    with Member(deployment.url, "grace") as grace:
        grace.sign_in(deployment.password).stop()
        other = deployment.engine.containers.run(
            Images().base, ["sleep", "600"], name=server_of(deployment, "grace"), detach=True
        )
        try:
            with pytest.raises(AssertionError, match="a container of your server's name"):
                grace.start()
            other.reload()
            assert other.status == "running"
        finally:
            other.remove(force=True)
        grace.start()
        grace.stop()


def with_another_database(deployment: Deployment, replace: Callable[[Path], object]) -> None:
    """While the hub is stopped, as who restores a copy does it."""
    hub = deployment.container("hub")
    hub.stop(timeout=20)
    replace(deployment.data / "hubs/core/state/jupyterhub.sqlite")
    hub.start()
    eventually(lambda: httpx.get(f"{deployment.url}hub/health").status_code == 200)
