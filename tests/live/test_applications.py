"""Several applications of a hub: one of this repository, and one as others make them; one home for both."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.support.browser import chromium, new_notebook, run_cell, sign_in
from tests.support.deployment import Deployment, running
from tests.support.images import built, copy_jovyan
from tests.support.member import Member

pytestmark = pytest.mark.slow

STACK = """\
config:
  cyberhubs:host: {{kind: local, data: {{path: {data}}}}}
  cyberhubs:tls: {{mode: none, port: {port}}}
  cyberhubs:user: {{uid: 12345, gid: 12346}}
  cyberhubs:applications:
    jovyan: {{build: ../jovyan, title: As others are, description: "Stars & <planets>", memory: 1G}}
  cyberhubs:hubs:
    core:
      applications: [corehub, jovyan]
      login: {{kind: password}}
      access: {{allowed: [grace, katherine, mary]}}
      limits: {{memory: 1G, cpus: 2, pids: 256}}
      data: [{{source: {data}-space, target: /data, access: read-only}}]
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    made = Deployment(tmp_path_factory.mktemp("applications"), "apps", STACK)
    context = made.directory / "jovyan"
    copy_jovyan(context)
    space = Path(f"{made.data}-space")
    space.mkdir()
    (space / "stars.csv").write_text("sirius\n")
    with running(made):
        yield made


@pytest.fixture
def grace(stack: Deployment) -> Iterator[Member]:
    yield from member(stack, "grace")


def member(stack: Deployment, name: str) -> Iterator[Member]:
    with Member(stack.url, name) as one:
        one.sign_in(stack.password)
        yield one
        one.stop()


def home(stack: Deployment, name: str) -> Path:
    return stack.data / "jupyterhub_users/core" / name


LOOK = """
import os, pwd, sys, jupyterhub
print(os.getuid(), os.getgid(), os.environ["HOME"], os.getcwd(), sys.prefix, jupyterhub.__version__,
      os.path.samefile(pwd.getpwuid(os.getuid()).pw_dir, os.environ["HOME"]), open("data/stars.csv").read())
"""


def test_an_image_of_others_runs_as_the_stack_says_with_the_members_home(
    stack: Deployment, grace: Member
) -> None:
    grace.start(options={"image": "jovyan"})
    said = grace.kernel().run(LOOK + "open('kept.txt', 'w').write('here')").split()
    assert said[:4] == ["12345", "12346", "/home/jovyan", "/home/jovyan"]
    assert said[4:] == ["/opt/conda", "5.4.4", "True", "sirius"]
    assert (home(stack, "grace") / "kept.txt").read_text() == "here"
    assert (home(stack, "grace") / "kept.txt").stat().st_uid == 12345
    assert "GREETING=hello" in (home(stack, "grace") / ".bashrc").read_text()

    grace.stop()
    grace.start(options={"image": "corehub"})
    said = grace.kernel().run(LOOK + "print(open('kept.txt').read())").split()
    assert said[:4] == ["12345", "12346", "/home/user", "/home/user"]
    assert said[4:] == ["/usr", "6.1.1", "True", "sirius", "here"]
    assert "GREETING=hello" in (home(stack, "grace") / ".bashrc").read_text()


def test_a_kernel_of_it_that_is_killed_for_memory_says_so(stack: Deployment, grace: Member) -> None:
    grace.start(options={"image": "jovyan"})
    with chromium() as browser:
        page = browser.new_page()
        page.goto(f"{grace.server}lab")
        sign_in(page, "grace", stack.password)
        new_notebook(page)
        run_cell(page, "x = b'x' * (2 << 30)", 0)
        says = page.get_by_role("alert").filter(has_text="this server's memory, 1 GB")
        expect(says).to_be_visible(timeout=60_000)
    assert httpx.get(f"{stack.url}hub/killed").status_code == 403


def test_settings_that_end_its_server_are_left_out_at_the_next_start(
    stack: Deployment, grace: Member
) -> None:
    grace.start(options={"image": "jovyan"})
    grace.kernel().run(
        "import os; os.makedirs('.jupyter', exist_ok=True)\n"
        "open('.jupyter/jupyter_server_config.py', 'w').write('raise SystemExit(1)')"
    )
    grace.stop()
    try:
        with pytest.raises(AssertionError, match="Started again, it does without"):
            grace.start(options={"image": "jovyan"})
        grace.start(options={"image": "jovyan"})
        page = grace.http.get(f"{grace.server}lab").text
        assert "your own extensions and Jupyter settings are left out" in page
    finally:
        (home(stack, "grace") / ".jupyter/jupyter_server_config.py").unlink()


def test_the_form_says_what_each_is_and_remembers(stack: Deployment, grace: Member) -> None:
    page = grace.http.get(f"{stack.url}hub/spawn").text
    assert re.findall(r'name="image" id="image-(\w+)"', page) == ["corehub", "jovyan"]
    assert "Stars &amp; &lt;planets&gt;" in page and "Wants 1G of memory." in page
    grace.start(options={"image": "jovyan"})
    grace.stop()
    page = grace.http.get(f"{stack.url}hub/spawn").text
    assert re.findall(r'value="(\w+)" required checked', page) == ["jovyan"]


@pytest.mark.parametrize("wanted", ["debian", "sha256:" + "0" * 64, "corehub jovyan", ""])
def test_only_what_is_listed_starts(stack: Deployment, grace: Member, wanted: str) -> None:
    answer = grace.ask_hub("POST", "users/grace/server", {"image": wanted})
    assert answer.status_code >= 400
    assert "Choose an application: corehub, jovyan." in answer.text


def test_a_home_of_before_goes_on(stack: Deployment) -> None:
    """Which was the directory of notebooks alone, and had paths in it that begin with that."""
    old = home(stack, "katherine")
    old.mkdir(parents=True, mode=0o700)
    (old / "work.py").write_text("answer = 42\n")
    shutil.chown(old, 12345, 12346)
    shutil.chown(old / "work.py", 12345, 12346)
    for katherine in member(stack, "katherine"):
        katherine.start(options={"image": "corehub"})
        code = "import sys; sys.path.insert(0, '/home/user/notebooks'); import work; print(work.answer)"
        assert katherine.kernel().run(code).strip() == "42"
        listed = katherine.http.get(f"{katherine.server}api/contents/").json()["content"]
        assert {"work.py", "data"} <= {entry["name"] for entry in listed}


# A server of an older JupyterHub, as it says itself.
OLD = "RUN echo '__version__ = \"3.1.1\"' | tee -a /usr/local/lib/python3*/dist-packages/jupyterhub/_version.py\n"


# Servers whose members would lose what they save.
ELSEWHERE = "RUN mkdir -m 777 /else; echo \"c.FileContentsManager.root_dir = '/else'\" >/usr/local/etc/jupyter/jupyter_server_config.py\n"
ANOTHER_HOME = """RUN sed -i '1s|{|{"env": {"HOME": "/tmp"},|' /usr/local/share/jupyter/kernels/python3/kernel.json\n"""


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (f"FROM {{corehub}}\nUSER root\n{OLD}USER user\n", "of JupyterHub 3.1.1"),
        ("FROM ${BASE_IMAGE}\n", "jupyterhub-singleuser"),
        ('FROM ${BASE_IMAGE}\nENTRYPOINT ["/bin/false"]\n', "stopped while it was starting"),
        ("FROM ${BASE_IMAGE}\nRUN echo why >&2; false\n", "Building image cyberhubs/broken"),
        (
            "FROM {corehub}\nRUN head -c 1100M /dev/zero >~/large\n",
            "Its image has more than 1 GiB in its user's home, /home/user",
        ),
        (
            f"FROM {{corehub}}\nUSER root\n{ELSEWHERE}USER user\n",
            "a notebook that it has saved is not in the member's home",
        ),
        (
            f"FROM {{corehub}}\nUSER root\n{ANOTHER_HOME}USER user\n",
            "what its kernel writes to ~ is not in the member's home",
        ),
        ("FROM {corehub}\n", "its page /nowhere/ answered 404."),
    ],
    ids=[
        *("too old", "without a server", "ends at once", "is not built", "too much for a home"),
        *("saves elsewhere", "has another home", "has no such page"),
    ],
)
def test_what_does_not_work_is_not_offered(
    stack: Deployment, grace: Member, lines: str, said: str
) -> None:
    kept, before = stack.file.read_text(), stack.menu
    folder = stack.directory / "broken"
    folder.mkdir(exist_ok=True)
    lines = lines.replace("{corehub}", built()["corehub"])
    (folder / "Dockerfile").write_text(f"ARG BASE_IMAGE\n{lines}")

    def offer(config: dict[str, Any]) -> None:
        config["cyberhubs:applications"]["broken"] = {"build": "../broken", "page": "/nowhere/"}
        config["cyberhubs:hubs"]["core"]["applications"].append("broken")

    stack.edit(offer)
    try:
        printed = stack.ops("up", fails=True)
        assert said in printed
        assert stack.menu == before
        grace.start(options={"image": "corehub"})
    finally:
        stack.write(kept)
        stack.ops("up")


def test_an_image_that_is_not_there(stack: Deployment) -> None:
    kept, before = stack.file.read_text(), stack.menu

    def offer(config: dict[str, Any]) -> None:
        config["cyberhubs:applications"]["gone"] = {"image": "127.0.0.1:1/none/gone:1"}
        config["cyberhubs:hubs"]["core"]["applications"].append("gone")

    stack.edit(offer)
    try:
        printed = stack.ops("up", fails=True)
        assert "Pulling 127.0.0.1:1/none/gone:1 failed" in printed
        assert "connection refused" in printed
        assert stack.menu == before
    finally:
        stack.write(kept)
