"""What was changed behind Pulumi's back: `up` puts it right or names it, and never says that all is well over it."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from cyberhubs_hub.shared.config import CONFIG_DIR

from tests.support.access import list_of
from tests.support.deployment import Deployment, changes, running
from tests.support.member import Kernel, Member, keeps_its_variables
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow

FILES = (
    "hubs/core/live/access",
    "hubs/core/live/applications.json",
    "door/live/hubs/core.json",
    "door/live/Caddyfile",
    "etc/passwd",
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """One of its own, since the tests take minutes."""
    with running(Deployment(tmp_path_factory.mktemp("drift"), "drift")) as stack:
        yield stack


def is_right(deployment: Deployment) -> None:
    """Nothing is left to be done, and a member gets in."""
    assert set(changes(deployment.ops("up"))) == {"unchanged"}
    with Member(deployment.url, "grace") as grace:
        grace.sign_in(deployment.password)


@pytest.mark.parametrize("how", ["damaged", "deleted"])
def test_files_are_as_they_were_made(deployment: Deployment, how: str) -> None:
    files = [deployment.data / path for path in FILES]
    mounts = deployment.container("hub").attrs["Mounts"]
    files += [Path(m["Source"], "hub.json") for m in mounts if m["Destination"] == CONFIG_DIR]
    before = {file: (file.read_text(), file.stat().st_mode) for file in files}
    for file in files:
        if how == "damaged":
            file.write_text("damaged")
            file.chmod(0o600)
        else:
            file.unlink()
    said = deployment.ops("status", fails=True)
    assert [file for file in files if f"{file}: written" not in said] == []
    said = deployment.ops("drift", fails=True)
    matter = "has other content (last changed 20" if how == "damaged" else "is gone"
    assert [file for file in files if f"{file} {matter}" not in said] == []
    assert "To keep that, say it in cyberhubs:hubs.core.access." in said
    deployment.ops("up")
    assert {file: (file.read_text(), file.stat().st_mode) for file in files} == before
    assert "All is as it was made" in deployment.ops("drift")
    is_right(deployment)


def drift(deployment: Deployment, *, status: int, **environment: str) -> str:
    """The report, which is in a file too; it changes nothing, the state neither."""
    file = deployment.directory / "drift.md"
    before = deployment.state_file.read_bytes(), deployment.started()
    done = subprocess.run(
        [*deployment.program("drift"), "--markdown", str(file)],
        cwd=deployment.directory,
        env=deployment.environment | environment,
        capture_output=True,
        text=True,
    )
    assert (deployment.state_file.read_bytes(), deployment.started()) == before
    assert done.returncode == status, done
    text = file.read_text()
    file.unlink()
    assert text.strip() == (done.stderr if status else done.stdout).strip()
    return text


def test_what_only_a_refresh_sees_is_said_and_undone(deployment: Deployment) -> None:
    assert "All is as it was made" in drift(deployment, status=0)
    proxy = deployment.container("proxy")
    proxy.update(mem_limit="600m", memswap_limit="600m")
    said = drift(deployment, status=1)
    assert "- core-proxy: memory is 600, and was made as 512.\n" in said
    assert f"`make up STACK={deployment.stack} REFRESH=1`" in said
    deployment.ops("up")
    assert "memory is 600" in drift(deployment, status=1)
    started = deployment.started()
    deployment.ops("up", "--refresh")
    assert "All is as it was made" in drift(deployment, status=0)
    assert deployment.started() == started


def test_what_could_not_be_looked_at_is_not_called_right(deployment: Deployment) -> None:
    said = drift(deployment, status=2, DOCKER_HOST="tcp://127.0.0.1:1")
    assert "nothing is known to differ" in said and "- Not looked at: DOCKER_HOST says" in said
    passwd = deployment.data / "etc/passwd"
    passwd.write_text("damaged")
    said = drift(deployment, status=1, DOCKER_HOST="tcp://127.0.0.1:1")
    assert f"{passwd} has other content" in said and "- Not looked at: DOCKER_HOST says" in said
    deployment.ops("up")
    deployment.write("config: {}\n")
    said = drift(deployment, status=2)
    assert "could not be looked at, and nothing was changed" in said
    deployment.put_right()


def test_secrets_that_are_gone_are_made_anew(deployment: Deployment, kernel: Kernel) -> None:
    secrets = deployment.data / "hubs/core/secrets"
    before = {file: file.read_text() for file in secrets.iterdir()}
    for file in before:
        file.unlink()
    said = deployment.ops("up")
    for file, text in before.items():
        assert f"{file} was gone for good and is a new one" in said
        assert file.read_text() not in ("", text)
    assert deployment.ops("password").strip() == f"core: {deployment.password}"
    is_right(deployment)
    eventually(lambda: keeps_its_variables(kernel))


def test_folders_are_there_again(deployment: Deployment) -> None:
    """Also to those containers that had them mounted."""
    for path in ("door/live/passes/core", "hubs/core/config", "hubs/core/live"):
        shutil.rmtree(deployment.data / path)
    (deployment.data / "hubs/core/state").chmod(0o755)
    deployment.ops("up")
    with Member(deployment.url, "grace") as grace:
        grace.sign_in(deployment.password).start()
        grace.stop()
    assert (deployment.data / "hubs/core/state").stat().st_mode & 0o777 == 0o700
    is_right(deployment)


def owners(directory: Path) -> dict[Path, int]:
    """Of all in it, but for what is taken away meanwhile."""
    uids = {}
    for path in directory.rglob("*"):
        with suppress(FileNotFoundError):
            uids[path] = path.stat().st_uid
    return uids


def test_what_root_has_put_back_is_given_to_its_owner(deployment: Deployment) -> None:
    """As `cp -r` leaves it; members' own files are named, and given back by the operator."""
    with Member(deployment.url, "grace") as grace:
        grace.sign_in(deployment.password).start()
        grace.stop()
        deployment.container("hub").stop(timeout=20)
        given = owners(deployment.data)
        for path in given:
            with suppress(FileNotFoundError):  # the door writes, too
                os.chown(path, 0, 0)
        said = deployment.ops("up")
        home = deployment.data / "jupyterhub_users/core/grace"
        assert (
            f"Homes of another user, or with files of one: for their members, as root: chown -R 12345:12346 {home}\n"
            in said
        )
        ours = {
            path: uid
            for path, uid in owners(deployment.data).items()
            if path in given and not path.is_relative_to(home)
        }
        assert ours and ours == {path: given[path] for path in ours}
        grace.sign_in(deployment.password)
        with pytest.raises(AssertionError, match="belong to another user"):
            grace.start()
        subprocess.run(["chown", "-R", "12345:12346", home], check=True)
        grace.start()
        grace.stop()
    is_right(deployment)


def take_off_network(deployment: Deployment) -> None:
    deployment.engine.networks.get(f"cyberhubs.{deployment.stack}.core").disconnect(
        deployment.container("proxy")
    )


def remove_network(deployment: Deployment) -> None:
    network = deployment.engine.networks.get(f"cyberhubs.{deployment.stack}.core")
    for container in network.containers:
        network.disconnect(container, force=True)
    network.remove()


def make_network_again(deployment: Deployment) -> None:
    """As somebody would who wants to help."""
    remove_network(deployment)
    deployment.engine.networks.create(f"cyberhubs.{deployment.stack}.core")


@pytest.mark.parametrize("how", [take_off_network, remove_network, make_network_again])
def test_containers_are_on_their_networks(
    deployment: Deployment, kernel: Kernel, how: Callable[[Deployment], None]
) -> None:
    how(deployment)
    said = deployment.ops("status", fails=True)
    assert re.search(r"core-proxy +is off its network", said), said
    deployment.ops("up")
    is_right(deployment)
    eventually(lambda: keeps_its_variables(kernel))


@pytest.fixture
def database(deployment: Deployment) -> Iterator[Path]:
    """The hub's, whole again afterwards."""
    file = deployment.data / "hubs/core/state/jupyterhub.sqlite"
    deployment.container("hub").stop(timeout=20)
    kept = file.read_bytes()
    yield file
    deployment.container("hub").stop(timeout=20)
    file.write_bytes(kept)
    deployment.ops("up")
    is_right(deployment)


def test_what_cannot_be_put_right_is_named(deployment: Deployment, database: Path) -> None:
    database.write_bytes(b"overwritten" * 1000)
    for command in ("up", "status"):
        said = deployment.ops(command, fails=True)
        assert "Cyberhubs is up" not in said
        # Nothing where the hub is just between two starts: its address is nobody's then.
        assert re.search(rf"Visitors of {deployment.url} get (50\d |nothing within)", said), said
        assert "file is not a database" in said
        assert f"Its database is damaged: {database}" in said


def test_a_state_that_is_lost_takes_nobody_s_work(deployment: Deployment, kernel: Kernel) -> None:
    before = deployment.containers()
    deployment.state_file.unlink()
    said = deployment.ops("up")
    assert "which the stack's state does not know" in said
    assert deployment.containers() == before
    is_right(deployment)
    eventually(lambda: keeps_its_variables(kernel))


def test_a_state_that_is_older_than_the_world(deployment: Deployment, kernel: Kernel) -> None:
    state = deployment.state_file
    old = state.read_text()
    deployment.edit(lambda config: config["cyberhubs:hubs"]["core"].update(title="Newer"))
    deployment.ops("up")
    state.write_text(old)
    deployment.ops("up")
    assert "Newer" in httpx.get(f"{deployment.url}hub/login").text
    is_right(deployment)
    eventually(lambda: keeps_its_variables(kernel))


def test_nothing_is_taken_away_before_the_images_are_there(deployment: Deployment) -> None:
    state = deployment.state_file
    kept = state.read_text()
    started = deployment.started()
    state.unlink()
    dockerfile = deployment.directory / "images/proxy/Dockerfile"
    text = dockerfile.read_text()
    dockerfile.write_text("FROM cyberhubs-no-such-image\n")
    try:
        assert "What runs was left alone" in deployment.ops("up", fails=True)
        assert deployment.started() == started
        assert list_of(deployment).exists()
    finally:
        dockerfile.write_text(text)
        state.write_text(kept)
    assert set(changes(deployment.ops("up"))) == {"unchanged"}
