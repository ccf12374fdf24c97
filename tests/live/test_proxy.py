"""A machine whose only way out is a proxy."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.deployment import Deployment, changes, running
from tests.support.github.model import GitHub
from tests.support.github.server import github_server
from tests.support.http_proxy import Proxy, http_proxy
from tests.support.member import Member
from tests.support.networks import link

pytestmark = pytest.mark.slow
NAME = "github.campus.test"  # which nobody but the proxy can resolve


@pytest.fixture(scope="module")
def github() -> Iterator[GitHub]:
    with github_server() as server:
        accounts = [server.add_account(name) for name in ("ada", "joan")]
        server.add_organization("org", accounts[0]).add(*accounts)
        yield server


@pytest.fixture(scope="module")
def proxy(github: GitHub) -> Iterator[Proxy]:
    known = {NAME: urlsplit(github.url).netloc}
    with link("proxy") as own, http_proxy(own.gateway, known) as proxy:
        github.url = f"http://{NAME}"
        yield proxy


@pytest.fixture(scope="module")
def stack(
    github: GitHub, proxy: Proxy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    deployment = Deployment(tmp_path_factory.mktemp("proxy"), "proxy")
    deployment.environment |= {"http_proxy": proxy.url, "no_proxy": "localhost,127.0.0.1"}
    app = github.add_app("Test hub", f"{deployment.url}hub/oauth_callback")

    def behind_it(config: dict[str, Any]) -> None:
        config["cyberhubs:proxy"] = {"url": proxy.url, "direct": [".campus.example"]}
        hub = config["cyberhubs:hubs"]["core"]
        hub["login"] = {"kind": "github", "url": github.url, "clientId": "x", "clientSecret": "x"}
        hub["access"] = {"organizations": ["org"]}

    deployment.edit(behind_it)
    deployment.ops("register", "--hub", "core", stdin=f"{app.client_id}\n{app.client_secret}\n")
    with running(deployment):
        yield deployment


def test_sign_in_and_what_a_member_runs_go_by_it(stack: Deployment, proxy: Proxy) -> None:
    with Member(stack.url, "joan") as joan:
        joan.http = httpx.Client(
            follow_redirects=True,
            timeout=60,
            mounts={f"http://{NAME}": httpx.HTTPTransport(proxy=proxy.url)},
        )
        page = joan.http.get(f"{joan.hub}hub/oauth_login?next=/core/hub/home")
        home = joan.http.post(page.url, data={"login": "joan"})
        assert home.status_code == 200 and "/hub/home" in str(home.url), home.text
        joan.start()
        before = len(proxy.asked)
        kernel = joan.kernel()
        code = (
            "import urllib.request as r, urllib.error\n"
            "try:\n print(r.urlopen('http://unknown.test/').status)\n"
            "except urllib.error.HTTPError as e:\n print(e.code, e.read().decode())"
        )
        assert kernel.run(code) == "502 no unknown.test"
        assert proxy.asked[before:] == ["unknown.test"]
        joan.stop()


def test_up_again_changes_nothing(stack: Deployment) -> None:
    assert set(changes(stack.ops("up"))) == {"unchanged"}
