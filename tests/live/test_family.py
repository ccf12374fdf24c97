"""The family of applications: each has what it says, beside the home and the server of corehub."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.support.browser import LIMIT_MS, chromium
from tests.support.deployment import Deployment, running
from tests.support.member import Member

pytestmark = pytest.mark.slow

STACK = """\
config:
  cyberhubs:host: {{kind: local, data: {{path: {data}}}}}
  cyberhubs:tls: {{mode: none, port: {port}}}
  cyberhubs:user: {{uid: 12345, gid: 12346}}
  cyberhubs:hubs:
    core:
      applications: [astrohub, codehub]
      login: {{kind: password}}
      access: {{allowed: [grace]}}
      limits: {{memory: 2G, cpus: 2, pids: 512}}
"""

ASTRONOMY = """
import importlib, importlib.metadata
for name in ("astropy", "photutils", "specutils", "ccdproc", "reproject", "regions", "astroquery.simbad",
             "yt", "nugridpy.mesa", "emcee", "corner"):
    importlib.import_module(name)
print(importlib.metadata.version("jupyterhub"))
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with running(Deployment(tmp_path_factory.mktemp("family"), "family", STACK)) as made:
        yield made


@pytest.fixture
def grace(stack: Deployment) -> Iterator[Member]:
    with Member(stack.url, "grace") as one:
        one.sign_in(stack.password)
        yield one
        one.stop()


def test_astrohub_has_what_astronomers_use(grace: Member) -> None:
    grace.start(options={"image": "astrohub"})
    said = grace.kernel().run(f"import warnings; warnings.simplefilter('ignore')\n{ASTRONOMY}")
    assert said.split()[-1] == "6.1.1", said


def test_codehub_opens_at_its_editor(stack: Deployment, grace: Member) -> None:
    """Which shows the member's files once its websocket is up."""
    grace.start(options={"image": "codehub"})
    grace.kernel().run("open('stars.py', 'w').write('sirius = 1')")
    with chromium() as browser:
        page = browser.new_page()
        page.context.add_cookies(
            [
                {"name": one.name, "value": one.value or "", "domain": one.domain, "path": one.path}
                for one in grace.http.cookies.jar
            ]
        )
        page.goto(f"{stack.url}hub/user-redirect/")
        expect(page.get_by_role("treeitem", name="stars.py")).to_be_visible(timeout=LIMIT_MS)
        assert page.url.startswith(f"{grace.server}code/")
