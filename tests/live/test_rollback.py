"""An application's image goes back to the one before, and forward again, under a server that runs."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from cyberhubs_hub.shared import pruning

from cyberhubs.ops.engine import image_directory, output_of
from tests.support import run
from tests.support.access import at_work, server_of
from tests.support.deployment import ONE_HUB, Deployment, changes, running
from tests.support.member import keeps_its_variables

pytestmark = pytest.mark.slow


def label(stack: Deployment, value: str) -> None:
    """Another corehub."""
    file = stack.directory / "images/corehub/Dockerfile"
    text = re.sub(r"(?m)^LABEL cyberhubs.test=.*\n", "", file.read_text())
    file.write_text(f"{text}LABEL cyberhubs.test={value}-{run.RUN}\n")


def offered(stack: Deployment) -> str:
    return re.findall(r"sha256:\w+", stack.menu)[0]


def image_of(stack: Deployment, name: str) -> str:
    return stack.engine.containers.get(server_of(stack, name)).attrs["Image"]


def tried(stack: Deployment) -> set[str]:
    images = stack.engine.images.list(name="cyberhubs/tried")
    return {name for image in images for name in image.tags if f":{stack.stack}." in name}


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    made = Deployment(tmp_path_factory.mktemp("rollback"), "rollback", ONE_HUB)
    label(made, "first")
    with running(made):
        yield made
    for image in made.engine.images.list(filters={"label": "cyberhubs.test"}):
        if image.labels["cyberhubs.test"].endswith(f"-{run.RUN}"):  # not those of another test
            made.engine.images.remove(str(image.id), force=True)


@pytest.fixture
def stack(deployment: Deployment) -> Deployment:
    return deployment.put_right()


def test_back_and_forward_under_a_running_server(stack: Deployment) -> None:
    first = offered(stack)
    said = stack.ops("rollback", "--application", "corehub", fails=True)
    assert "no image of corehub that members had before" in said
    said = stack.ops("rollback", "--application", "corhub", fails=True)
    assert "APPLICATION=: write corehub" in said or "did you mean corehub?" in said

    hub = stack.container("hub").attrs["State"]["StartedAt"]
    with at_work(stack, "grace") as grace:
        kernel = grace.kernel()
        kernel.run("kept = 42")
        label(stack, "second")
        stack.ops("up")
        second = offered(stack)
        assert second != first and image_of(stack, "grace") == first

        said = stack.ops("rollback", "--application", "corehub")
        assert re.search(rf"Members start now: .*{second[7:19]}", said)
        assert re.search(rf"The one before: .*{first[7:19]}", said)
        assert "building" not in said and "take corehub out of `held`" in said
        assert offered(stack) == first
        config = yaml.safe_load(stack.file.read_text())["config"]
        assert config["cyberhubs:images"] == {"held": {"corehub": first}}
        assert keeps_its_variables(kernel)
        assert stack.container("hub").attrs["State"]["StartedAt"] == hub

        assert set(changes(stack.ops("up"))) == {"unchanged"}
        assert "holds corehub already" in stack.ops(
            "rollback", "--application", "corehub", fails=True
        )
        grace.stop()
        grace.start()
        assert image_of(stack, "grace") == first

        stack.edit(lambda config: config.pop("cyberhubs:images"))
        said = stack.ops("up")
        assert "building" not in said and offered(stack) == second
        assert image_of(stack, "grace") == first
        assert stack.container("hub").attrs["State"]["StartedAt"] == hub
        grace.stop()


def test_a_preview_says_what_is_held(stack: Deployment) -> None:
    kept = stack.file.read_text()
    image = offered(stack)
    stack.edit(lambda config: config.update({"cyberhubs:images": {"held": {"corehub": image}}}))
    said = stack.ops("preview")
    stack.write(kept)
    assert (
        f"corehub is held at the image {image[7:19]}, neither built nor pulled, and tried" in said
    )


def test_held_at_an_image_that_is_not_there(stack: Deployment) -> None:
    kept, before = stack.file.read_text(), (stack.menu, stack.started())
    gone = f"sha256:{'0' * 64}"
    stack.edit(lambda config: config.update({"cyberhubs:images": {"held": {"corehub": gone}}}))
    said = stack.ops("up", fails=True)
    stack.write(kept)
    assert f"The machine does not have {gone}, at which the stack file holds corehub" in said
    assert (stack.menu, stack.started()) == before


def test_a_hub_sees_the_images_and_their_disk(stack: Deployment) -> None:
    """By which it makes room."""
    code = (
        "import docker; from cyberhubs_hub.shared import pruning as p; engine = docker.APIClient();"
        "print(p.in_use('/'), *p.needed(engine), *(image.id for image in p.look(engine)))"
    )
    said = output_of(stack.container("hub"), "python3", "-c", code)
    assert said
    in_use, *images = said.split()
    assert abs(float(in_use) - pruning.in_use(image_directory(stack.engine))) < 2
    assert images.count(offered(stack)) == 2


def test_what_fails_its_trial_is_not_gone_back_to(stack: Deployment) -> None:
    before = offered(stack)
    names = tried(stack)
    file = Path(stack.directory / "images/corehub/Dockerfile")
    kept = file.read_text()
    file.write_text(f'{kept}LABEL cyberhubs.start="false"\n')
    try:
        assert "corehub does not work" in stack.ops("up", fails=True)
    finally:
        file.write_text(kept)
    assert offered(stack) == before
    assert tried(stack) == names
