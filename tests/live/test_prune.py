"""Room on a small disk of images: what nothing needs goes, by `make prune` and by itself, and nothing else does."""

import io
import json
import os
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cyberhubs_hub.shared import pruning
from cyberhubs_hub.shared.config import LIVE_DIR
from cyberhubs_hub.shared.images import pulled_name, tried_name
from docker import APIClient, DockerClient
from docker.errors import ImageNotFound

from cyberhubs.images.build import build
from cyberhubs.images.build_messages import BuildError
from cyberhubs.progress import Report
from tests.support.deployment import ONE_HUB, Deployment
from tests.support.processes import free_port
from tests.support.small_engine import small_engine

pytestmark = pytest.mark.slow

MB = 2**20
# The engine of a stack on this machine, for one command.
INSTEAD = 'mount --bind "$0" /run/docker.sock && exec "$@"'

Make = Callable[..., str]


@pytest.fixture
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address of an engine, and where its images are."""
    folder = tmp_path_factory.mktemp("small")  # a short name: there are sockets in it
    with small_engine(folder, free_port()) as address:
        yield address, folder / "data"


@pytest.fixture
def engine(small: tuple[str, Path]) -> APIClient:
    return APIClient(base_url=small[0], version="auto")


@pytest.fixture
def make(engine: APIClient) -> Make:
    """Builds an image of random bytes, or of a text at a path, with names. Answers its id."""

    def make(*names: str, size: int = MB, path: str = "/blob", text: bytes = b"", title="") -> str:
        context = io.BytesIO()
        label = f"LABEL {pruning.TITLE}='{title or 'Something'}'\n"
        files = {
            "Dockerfile": f"FROM scratch\n{label}COPY blob {path}\nCMD ['x']\n".encode(),
            "blob": text or os.urandom(size),
        }
        with tarfile.open(fileobj=context, mode="w") as archive:
            for name, content in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        said = engine.build(
            fileobj=io.BytesIO(context.getvalue()), custom_context=True, decode=True, rm=True
        )
        id = next(line["aux"]["ID"] for line in said if "aux" in line)
        for name in names:
            engine.tag(id, name)
        return id

    return make


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return Deployment(tmp_path_factory.mktemp("prune"), "prune", ONE_HUB)


def prune(stack: Deployment, address: str, *words: str, stdin: str = "") -> str:
    command = [*stack.program("prune"), *words]
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-ec", INSTEAD, address.removeprefix("unix://"), *command],
        cwd=stack.directory,
        env=stack.environment,
        input=stdin,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def there(engine: APIClient, images: dict[str, str]) -> set[str]:
    def is_there(id: str) -> bool:
        try:
            return bool(engine.inspect_image(id))
        except ImageNotFound:
            return False

    return {name for name, id in images.items() if is_there(id)}


def tried(stack: str, hours: int) -> str:
    return tried_name(stack, "corehub", datetime.now(UTC) - timedelta(hours=hours))


def test_what_nothing_needs_goes_after_saying_so(
    small: tuple[str, Path], engine: APIClient, make: Make, stack: Deployment
) -> None:
    address, _ = small
    name = stack.stack
    images = {
        "third": make("cyberhubs/corehub:000000000003", tried(name, 30), size=3 * MB),
        "before": make("cyberhubs/corehub:000000000002", tried(name, 20)),
        "now": make("cyberhubs/corehub:000000000001", tried(name, 1)),
        "of another stack": make("cyberhubs/corehub:000000000004", tried("other", 40)),
        "failed": make("cyberhubs/stars:000000000005"),
        "used": make("cyberhubs/proxy:000000000006"),
        "held": make("cyberhubs/corehub:000000000007"),
        "named by somebody": make("cyberhubs/corehub:000000000008", "mine:keep"),
        "of somebody": make("mine:other"),
        "left by a build": make(title="Cyberhubs proxy, being built"),
        "left by another build": make(),
        "on a menu": make("cyberhubs/corehub:000000000009"),
    }
    engine.create_container(images["used"], ["x"])
    menu = json.dumps([{"name": "corehub", "title": "C", "image": images["on a menu"]}])
    hub = make("cyberhubs/multiuser:1", path=f"{LIVE_DIR}/applications.json", text=menu.encode())
    engine.create_container(hub, ["x"], labels={"cyberhubs.role": "hub"})
    stack.edit(
        lambda config: config.update({"cyberhubs:images": {"held": {"corehub": images["held"]}}})
    )

    gone = {"third", "failed", "left by a build"}
    said = prune(stack, address, stdin="no\n")
    assert "cyberhubs/corehub:000000000003" in said and "3 MB" in said
    assert "stars\n  cyberhubs/stars:000000000005" in said and "just now" in said
    assert "left by builds" in said and "These would go, 5 MB at least" in said
    assert "Nothing was removed." in said
    assert there(engine, images) == images.keys()

    said = prune(stack, address, "--yes", "1")
    assert there(engine, images) == images.keys() - gone
    assert "3 removed: " in said and " inodes more are free in " in said
    assert "Nothing to remove" in prune(stack, address)


def test_a_full_disk_gets_room_by_itself(
    small: tuple[str, Path], engine: APIClient, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, disk = small
    images = {
        "third": make("cyberhubs/corehub:000000000003", tried("mine", 30), size=4 * MB),
        "before": make("cyberhubs/corehub:000000000002", tried("mine", 20)),
        "now": make("cyberhubs/corehub:000000000001", tried("mine", 1)),
    }
    prune_at = int(pruning.in_use(str(disk))) + 12
    assert [*pruning.make_room(engine, str(disk), prune_at)] == [], "nothing is a week old"
    while pruning.in_use(str(disk)) < prune_at:
        images[f"failed {len(images)}"] = make(f"cyberhubs/stars:{len(images):012}", size=2 * MB)
    assert [*pruning.make_room(engine, str(disk), prune_at)] == [], "an update may be at it"

    monkeypatch.setattr(pruning, "SPARED_IF_FULL", timedelta(0))
    removed = {image.id for image in pruning.make_room(engine, str(disk), prune_at)}
    assert removed == {*images.values()} - {images["before"], images["now"]}
    assert there(engine, images) == {"before", "now"}
    assert pruning.in_use(str(disk)) < prune_at


def test_inodes_count_as_bytes_do(small: tuple[str, Path]) -> None:
    _, disk = small
    before = pruning.in_use(str(disk))
    stat = os.statvfs(disk)
    folder = disk / "many"
    folder.mkdir()
    for number in range(int(stat.f_favail * 0.9)):
        (folder / str(number)).touch()
    assert pruning.in_use(str(disk)) > max(before, 85)


TWO_STAGES = """
FROM scratch AS made
COPY blob /blob
FROM scratch
COPY --from=made /blob /moved
COPY more /
"""


def test_what_builds_of_others_dockerfiles_leave_goes(
    small: tuple[str, Path], engine: APIClient, stack: Deployment, tmp_path: Path
) -> None:
    address, _ = small
    (tmp_path / "Dockerfile").write_text(TWO_STAGES)
    name = "cyberhubs/stars:000000000001"

    def attempt() -> str:
        (tmp_path / "blob").write_bytes(os.urandom(MB))
        client = DockerClient(base_url=address)
        with Report(io.StringIO()).step("image") as step:
            return build(client, name, tmp_path, "Dockerfile", {}, step)

    with pytest.raises(BuildError, match="COPY more"):
        attempt()
    assert len(engine.images()) == 2
    (tmp_path / "more").touch()
    image = attempt()
    engine.create_container(image, ["x"])
    assert len(engine.images()) == 4

    said = prune(stack, address, "--yes", "1")
    assert said.count("\n  cyberhubs/left:stars.") == 3 and "3 removed: " in said
    assert [one["Id"] for one in engine.images()] == [image]
    assert engine.images(name)[0]["RepoTags"] == [name]


def test_what_was_pulled_goes_with_the_name_that_it_was_pulled_by(
    engine: APIClient, make: Make
) -> None:
    image = make(pulled_name("more", "docker.io/group/more"), "group/more:latest")
    found = pruning.unneeded(pruning.look(engine), set(), datetime.now(UTC))
    assert [one.id for one in found] == [image]
    assert [*pruning.remove(engine, found)] == found
    with pytest.raises(ImageNotFound):
        engine.inspect_image(image)
