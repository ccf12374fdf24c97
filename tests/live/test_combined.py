"""Applications that are lists of packages, and combinations of them."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.support.deployment import Deployment, running
from tests.support.member import Member

pytestmark = pytest.mark.slow

STACK = """\
config:
  cyberhubs:host: {{kind: local, data: {{path: {data}}}}}
  cyberhubs:tls: {{mode: none, port: {port}}}
  cyberhubs:user: {{uid: 12345, gid: 12346}}
  cyberhubs:applications:
    both: {{combine: [loops, tables], title: Loops and tables}}
  cyberhubs:hubs:
    core:
      applications: [corehub, loops, both]
      login: {{kind: password}}
      access: {{allowed: [grace]}}
      limits: {{memory: 1G, cpus: 2, pids: 256}}
"""

# What another lock would have by now is of a newer version: this one is kept.
LOOPS = {
    "application.yaml": "from: corehub\n",
    "apt.txt": "figlet # of Debian\n",
    "requirements.in": "# Of Python.\ntoolz\nsortedcontainers>=2.4\n",
    "requirements.txt": """\
sortedcontainers==2.4.0 \\
    --hash=sha256:a163dcaede0f1c021485e957a39245190e74249897e2ae4b2aa38595db237ee0
toolz==1.0.0 \\
    --hash=sha256:292c8f1c4e7516bf9086f8850935c799a874039c8bcf959d47b600e4c44a6236
""",
}
TABLES = {
    "application.yaml": "title: Tables\nfrom: corehub\n",
    "requirements.in": "boltons\nnumpy # as it is\n",
}


def write(stack: Deployment, name: str, files: dict[str, str]) -> None:
    folder = stack.directory / "images" / name
    folder.mkdir(exist_ok=True)
    for file, text in files.items():
        (folder / file).write_text(text)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    made = Deployment(tmp_path_factory.mktemp("combined"), "combined", STACK)
    write(made, "loops", LOOPS)
    write(made, "tables", TABLES)
    with running(made):
        yield made
    for name in ("cyberhubs/loops", "cyberhubs/loops-tables"):
        for image in made.engine.images.list(name):
            for tag in image.tags:  # what it is made of serves the next run
                made.engine.images.remove(tag, noprune=True)


@pytest.fixture
def grace(stack: Deployment) -> Iterator[Member]:
    with Member(stack.url, "grace") as one:
        one.sign_in(stack.password)
        yield one
        one.stop()


IMPORTS = """
import importlib.metadata, shutil, sys
for name in ("toolz", "sortedcontainers", "boltons"):
    try: print(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError: print("none")
print(shutil.which("figlet"), importlib.metadata.version("jupyterhub"))
"""


def test_a_list_is_installed_as_it_is_locked(grace: Member) -> None:
    grace.start(options={"image": "loops"})
    said = grace.kernel().run(IMPORTS).split()
    assert said == ["1.0.0", "2.4.0", "none", "/usr/bin/figlet", "6.1.1"]


def test_a_combination_has_the_packages_of_both(stack: Deployment, grace: Member) -> None:
    grace.start(options={"image": "both"})
    said = grace.kernel().run(IMPORTS).split()
    assert said[:2] == ["1.0.0", "2.4.0"] and re.fullmatch(r"\d[\d.]+", said[2])
    assert said[3:] == ["/usr/bin/figlet", "6.1.1"]
    images = {
        entry["name"]: stack.engine.images.get(entry["image"]) for entry in json.loads(stack.menu)
    }
    first, combined = (images[name].attrs["RootFS"]["Layers"] for name in ("loops", "both"))
    assert combined[: len(first)] == first
    left = stack.engine.containers.run(images["both"], ["ls", "-A", "/tmp"], remove=True)
    assert left == b""


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (
            "sortedcontainers<2.3",
            r"versions of application-loops and .*application-tables are incompat",
        ),
        ("numpy<2", r"application-tables==0 depends on numpy<2 and numpy==\S+, we can conclude"),
    ],
    ids=["of each other", "of corehub"],
)
def test_packages_that_clash_are_named_and_the_menu_stays(
    stack: Deployment, grace: Member, wanted: str, said: str
) -> None:
    before = stack.menu, stack.started()
    write(stack, "tables", {"requirements.in": f"{wanted}\n"})
    try:
        printed = " ".join(stack.ops("up", fails=True).split())
        assert re.search(said, printed), printed
        assert (stack.menu, stack.started()) == before
        grace.start(options={"image": "both"})
    finally:
        write(stack, "tables", TABLES)
        stack.ops("up")
