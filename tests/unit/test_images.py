"""What the name of an image changes with, beside what Docker sends to the engine for its build."""

import shutil
from pathlib import Path

import pytest
from docker.utils.build import exclude_paths

from components import images
from cyberhubs.paths import CHECKOUT

LEFT_OVER = (
    "hub/build/lib/old.py",
    "hub/cyberhubs_hub.egg-info/PKG-INFO",
    "hub/cyberhubs_hub/__pycache__/hub.pyc",
    "hub/.pytest_cache/v/last",
    "images/multiuser/notes.md",
    "images/shared/node_modules/module/index.js",
)
LIKE_IT = ("hub/cyberhubs_hub/build/new.py", "hub/latest/new.py", "images/multiuser/notes.md.txt")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what images are built from, with what editors, tests and builds leave in it."""
    shutil.copy(CHECKOUT / ".dockerignore", tmp_path)
    for folder in ("hub", "images"):
        shutil.copytree(CHECKOUT / folder, tmp_path / folder)
    for name in (*LEFT_OVER, *LIKE_IT):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("something")
    monkeypatch.setattr(images, "CHECKOUT", tmp_path)
    return tmp_path


def test_an_image_is_another_one_with_each_file_that_docker_sends_of_its_folders_and_no_other(
    checkout: Path,
) -> None:
    ignored = (checkout / ".dockerignore").read_text().split()
    sent = {path for path in exclude_paths(str(checkout), ignored) if (checkout / path).is_file()}
    own = {
        path for path in sent if path.startswith(("hub/", "images/multiuser/", "images/shared/"))
    }
    assert own > set(LIKE_IT) and not own & set(LEFT_OVER)
    first = images.image_name("multiuser", {})
    changed_by = set()
    for file in filter(Path.is_file, checkout.glob("*/**/*")):
        text = file.read_bytes()
        file.write_bytes(b"changed")
        if images.image_name("multiuser", {}) != first:
            changed_by.add(str(file.relative_to(checkout)))
        file.write_bytes(text)
    assert changed_by == own


@pytest.mark.parametrize(
    "file", sorted(CHECKOUT.glob("images/*/Dockerfile")), ids=lambda file: file.parent.name
)
def test_each_image_of_debian_gets_the_updates_of_its_day(file: Path) -> None:
    """With a layer of its own for each: one that says nothing of the day is taken from the cache."""
    stage = file.read_text().split("\nFROM ")[-1]
    if stage.startswith("${FROM_IMAGE}"):
        return  # what it is built on has them
    day, install = stage.find("ARG REFRESHED"), stage.find("sh /usr/local/sbin/install-packages")
    assert 0 < day < install
