"""Login with GitHub, at a server that speaks its language."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support.access import at_work, audited, has_lost_access, say
from tests.support.browser import (
    LIMIT_MS,
    chromium,
    new_notebook,
    output,
    run_cell,
    sign_in_by_github,
    wait_for_lab,
)
from tests.support.deployment import Deployment, changes, running
from tests.support.github.model import Account, App, GitHub, Team
from tests.support.github.server import github_server
from tests.support.member import Member, Refused, keeps_its_variables
from tests.support.networks import link
from tests.support.waiting import eventually

LONG = "a" * 39
ACCOUNTS = [
    "grace",
    "katherine",
    "mallory",
    "eve",
    "joan",
    "hedy",
    "Ada",
    LONG,
    "../x",
    "\u212aatherine",
]
REFRESH_S = 60
PAGE = {"Accept": "text/html"}  # as a browser asks for one


class GithubMember(Member):
    """Signs in by GitHub's page; `password` is of no use there. `account`: as GitHub spells it."""

    def __init__(self, url: str, account: str):
        super().__init__(url, account.lower())
        self.account = account

    def sign_in(self, password: str = "") -> Self:
        page = self.http.get(f"{self.hub}hub/oauth_login?next={self._prefix}hub/home")
        assert "Sign in to GitHub" in page.text, page.text
        answer = self.http.post(page.url, data={"login": self.account})
        if answer.status_code >= 400:
            raise Refused(answer.text)
        return self


@pytest.fixture(scope="module")
def github() -> Iterator[GitHub]:
    """At an address that browsers and containers reach."""
    with link("github") as own, github_server(own.gateway) as server:
        accounts = [server.add_account(name) for name in ACCOUNTS]
        organization = server.add_organization("org", accounts[0])
        organization.add(*accounts[1:])
        organization.add_team("team")
        yield server


@pytest.fixture
def team(github: GitHub) -> Iterator[Team]:
    """The one that the hub admits, without members."""
    team = github.organizations[0].teams[0]
    yield team
    team.members.clear()


@pytest.fixture
def account(github: GitHub) -> Account:
    """Joan's, who is on no list."""
    found = github.account("joan")
    assert found
    return found


@pytest.fixture(scope="module")
def stack(github: GitHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    deployment = Deployment(tmp_path_factory.mktemp("github"), "github")

    def by_github(config: dict[str, Any]) -> None:
        hub = config["cyberhubs:hubs"]["core"]
        hub["login"] = {"kind": "github", "url": github.url, "refreshMinutes": REFRESH_S // 60}
        hub["access"]["organizations"] = ["org:team"]
        hub["contact"] = "hubs@example.org"

    deployment.edit(by_github)
    callback = f"{deployment.url}hub/oauth_callback"
    app = github.add_app("Test hub", callback)
    assert callback in register(deployment, app.client_id, app.client_secret)
    with running(deployment):
        yield deployment


@pytest.fixture(scope="module")
def app(github: GitHub, stack: Deployment) -> App:
    return github.apps[0]


def register(deployment: Deployment, client_id: str, secret: str) -> str:
    return deployment.ops("register", "--hub", "core", stdin=f"{client_id}\n{secret}\n")


def member(deployment: Deployment, name: str) -> GithubMember:
    return GithubMember(deployment.url, name)


def go_to_work(page: Page, deployment: Deployment, name: str) -> None:
    """To a notebook with a cell that has run."""
    sign_in_by_github(page, deployment.front, name)
    wait_for_lab(page, name)
    new_notebook(page)
    run_cell(page, "print('answer', 6 * 7)", 0)
    expect(output(page)).to_contain_text("answer 42", timeout=LIMIT_MS)


def test_in_a_browser(deployment: Deployment, tmp_path: Path) -> None:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        go_to_work(page, deployment, "grace")
        for name, why in (
            ("eve", "eve is on none of this hub's lists."),
            ("mallory", "mallory is blocked on this hub."),
        ):
            page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
            sign_in_by_github(page, deployment.front, name)
            expect(page.get_by_role("heading", name="Not allowed")).to_be_visible()
            expect(page.get_by_text(why)).to_be_visible()
            expect(page.get_by_text("Contact: hubs@example.org")).to_be_visible()
            page.screenshot(path=tmp_path / f"{name}.png")
    rules = {line["user"]: line["rule"] for line in audited(deployment, "refused")}
    assert rules["eve"] == "unlisted" and rules["mallory"] == "blocked"
    with member(deployment, "grace") as grace:
        grace.sign_in().stop()


@pytest.mark.slow
def test_let_in_and_revoked_in_a_browser(deployment: Deployment) -> None:
    """With a notebook open, while somebody else's kernel and all containers go on."""
    with at_work(deployment, "katherine", GithubMember) as katherine, chromium() as browser:
        kernel = katherine.kernel()
        kernel.run("kept = 6 * 7")
        since = deployment.started()
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        sign_in_by_github(page, deployment.front, "hedy")
        expect(page.get_by_text("hedy is on none of this hub's lists.")).to_be_visible()
        say(deployment, allowed=["katherine", "hedy"])
        deployment.ops("up")
        go_to_work(page, deployment, "hedy")
        say(deployment, allowed=["katherine"])
        deployment.ops("up")
        expect(page.get_by_role("dialog")).to_contain_text("is not running", timeout=60_000)
        with page.expect_popup() as popup:
            page.get_by_role("button", name="Restart", exact=True).click()
        page = popup.value
        page.get_by_role("button", name="Sign in with GitHub").click()
        page.get_by_role("button", name="Continue as hedy", exact=True).click()
        expect(page.get_by_text("hedy is on none of this hub's lists.")).to_be_visible()
        expect(page.get_by_text("Contact: hubs@example.org")).to_be_visible()
        assert deployment.started() == since
        assert kernel.run("print(kept)") == "42"
        katherine.stop()


def test_up_again_changes_nothing_and_outputs_name_the_callback(
    deployment: Deployment, app: App
) -> None:
    assert set(changes(deployment.ops("up"))) == {"unchanged"}
    assert list(deployment.outputs()["callbacks"].values()) == app.callback_urls


def test_a_wrong_secret_is_found_before_the_hub_is_replaced(
    deployment: Deployment, app: App
) -> None:
    before = deployment.started()
    register(deployment, app.client_id, "wrong")
    deployment.edit(lambda config: config["cyberhubs:hubs"]["core"].update(title="Another"))
    refused = deployment.ops("up", fails=True)
    assert f"GitHub knows no app with client id {app.client_id}" in refused
    assert deployment.started() == before


@pytest.mark.slow
def test_another_secret_of_the_app(
    deployment: Deployment, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at_work(deployment, "grace", GithubMember) as grace:
        kernel = grace.kernel()
        kernel.run("kept = 6 * 7")
        started = deployment.started()
        old, new = app.client_secret, f"{app.client_secret}2"
        monkeypatch.setattr(app, "client_secret", new)
        said = deployment.ops("rotate", "--secret", "client-secret", stdin=f"{new}\n")
        assert "Nobody notices anything" in said.splitlines()[0]
        assert app.client_id in said and "Delete the old one at GitHub now" in said
        assert new not in said and new not in deployment.file.read_text()
        written = (deployment.data / "hubs/core/secrets/client_secret").read_text()
        assert written == new != old
        with member(deployment, "katherine") as katherine:
            katherine.sign_in()
        assert deployment.started() == started
        assert keeps_its_variables(kernel)
        grace.stop()


@pytest.mark.slow
def test_another_key_of_the_database(deployment: Deployment, account: Account, team: Team) -> None:
    """By which the hub keeps what GitHub gave it: who is in by that signs in again, and stays meanwhile."""
    team.add(account)
    with member(deployment, "joan") as joan, member(deployment, "grace") as grace:
        joan.sign_in().start()
        grace.sign_in()
        kernel = joan.kernel()
        kernel.run("kept = 6 * 7")
        said = deployment.ops("rotate", "--secret", "crypt-key")
        assert "signs in again at the next visit" in said.splitlines()[0]
        eventually(lambda: "whether joan is a member, who stays" in hub_log(deployment))
        assert "Failed to retrieve encrypted auth_state for joan" in hub_log(deployment)
        assert keeps_its_variables(kernel)

        def is_asked() -> bool:
            page = joan.http.get(f"{deployment.url}hub/home", headers=PAGE)
            return "/hub/login" in str(page.url) or "sign in again" in page.text

        eventually(is_asked)
        joan.sign_in()
        assert joan.http.get(f"{deployment.url}hub/home", headers=PAGE).url.path.endswith("/home")
        assert grace.http.get(f"{deployment.url}hub/home", headers=PAGE).url.path.endswith("/home")
        assert keeps_its_variables(kernel)
        joan.stop()


def test_no_secret_is_readable(deployment: Deployment, app: App) -> None:
    with member(deployment, "grace") as grace:
        grace.sign_in()
    for place in (
        deployment.file.read_text(),
        deployment.pulumi("stack", "export"),
        deployment.ops("output"),
        deployment.container("hub").logs().decode(),
    ):
        assert app.client_secret not in place and "gho_" not in place


@pytest.mark.slow
def test_team_is_joined_and_left(deployment: Deployment, account: Account, team: Team) -> None:
    with member(deployment, "joan") as joan:
        with pytest.raises(Refused, match="on none of this hub"):
            joan.sign_in()
        team.add(account)
        team.members[account.id].state = "pending"
        with pytest.raises(Refused):
            joan.sign_in()
        team.members[account.id].state = "active"
        joan.sign_in().start()
        team.members.clear()
        eventually(lambda: has_lost_access(deployment, joan), 2 * REFRESH_S)
    assert audited(deployment, "removed")[-1]["user"] == "joan"


@pytest.mark.slow
def test_github_is_down(
    deployment: Deployment, github: GitHub, account: Account, team: Team
) -> None:
    team.add(account)
    with at_work(deployment, "grace", GithubMember) as grace, member(deployment, "joan") as joan:
        joan.sign_in().start()
        kernel = joan.kernel()
        with member(deployment, "katherine") as katherine:
            page = katherine.http.get(f"{deployment.url}hub/oauth_login?next=/core/hub/home")
            agreed = httpx.post(page.url, data={"login": "katherine"})
            github.down = "refuse"
            try:
                answer = katherine.http.get(agreed.headers["location"])
                assert answer.status_code == 503 and "does not answer" in answer.text
                # Past the time when memberships are asked again.
                eventually(
                    lambda: "whether joan is a member, who stays" in hub_log(deployment),
                    2 * REFRESH_S,
                )
                say(deployment, allowed=["katherine"])
                deployment.ops("up")
                eventually(lambda: has_lost_access(deployment, grace), 20)
                assert kernel.run("print(6 * 7)") == "42"
            finally:
                github.down = None
        joan.stop()


@pytest.mark.slow
def test_only_a_no_takes_somebody_out(
    deployment: Deployment, github: GitHub, account: Account, team: Team
) -> None:
    """Here GitHub's secondary rate limit; the other answers are in hub/tests/test_github.py."""
    team.add(account)
    with member(deployment, "joan") as joan:
        joan.sign_in().start()
        kernel = joan.kernel()
        kernel.run("kept = 6 * 7")
        limit = {"Retry-After": "20", "X-RateLimit-Remaining": "4000"}
        github.no_word = 403, limit, "You have exceeded a secondary rate limit."
        try:
            eventually(lambda: "no more questions for 20 s" in hub_log(deployment), 2 * REFRESH_S)
            assert "no more questions for 20 s" in deployment.ops("access", "--user", "joan")
            assert joan.http.get(f"{deployment.url}hub/home", headers=PAGE).url.path.endswith(
                "home"
            )
            assert keeps_its_variables(kernel)
        finally:
            github.no_word = None
        access = ("access", "--user", "joan")
        eventually(lambda: "does not say it now" not in deployment.ops(*access), REFRESH_S)
        assert keeps_its_variables(kernel)
        team.members.clear()
        eventually(lambda: has_lost_access(deployment, joan), 2 * REFRESH_S)


@pytest.mark.slow
def test_a_list_of_names_that_becomes_an_organization(deployment: Deployment) -> None:
    """The tokens of sign-ins before it show no organization."""
    say(deployment, allowed=["grace"], organizations=[])
    deployment.ops("up")
    with member(deployment, "grace") as grace:
        grace.sign_in().start()
        kernel = grace.kernel()
        kernel.run("kept = 6 * 7")
        say(deployment, allowed=[], organizations=["org"])
        deployment.ops("up")
        eventually(lambda: "grace is a member, who stays" in hub_log(deployment), 60)
        assert "does not show GitHub organizations" in deployment.ops("access", "--user", "grace")
        home = f"{deployment.url}hub/home"
        eventually(  # who has just been looked at is asked 30 s later
            lambda: "Please sign in again. The last" in grace.http.get(home, headers=PAGE).text, 40
        )
        assert keeps_its_variables(kernel)
        assert grace.http.get(f"{grace.server}api/status").status_code == 200
        grace.sign_in()
        assert grace.http.get(home, headers=PAGE).url.path.endswith("home")
        assert keeps_its_variables(kernel)
        grace.stop()


def hub_log(deployment: Deployment) -> str:
    return deployment.container("hub").logs(tail=200).decode()


@pytest.mark.slow
def test_a_github_app_does_as_well(
    deployment: Deployment, github: GitHub, account: Account, team: Team
) -> None:
    """By a permission instead of a scope, and in organizations that have it installed."""
    app = github.add_app(
        "App", f"{deployment.url}hub/oauth_callback", permissions={"members": "read"}
    )
    register(deployment, app.client_id, app.client_secret)
    deployment.ops("up")
    team.add(account)
    [organization] = github.organizations
    with member(deployment, "joan") as joan:
        with pytest.raises(Refused, match="on none of this hub"):
            joan.sign_in()
        organization.apps.append(app)
        joan.sign_in()


def test_a_team_that_is_not_there_is_told_to_the_operator(deployment: Deployment) -> None:
    say(deployment, organizations=["org:misspelt", "org:team"])
    deployment.ops("up")
    with member(deployment, "joan") as joan, pytest.raises(Refused, match="on none of this hub"):
        joan.sign_in()
    assert "org:misspelt is no team that GitHub shows joan" in hub_log(deployment)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["../x", "\u212aatherine"])
def test_a_crafted_name_is_nobodys(deployment: Deployment, name: str) -> None:
    say(deployment, everyone=True)
    deployment.ops("up")
    homes = deployment.data / "jupyterhub_users"
    before = sorted(homes.rglob("*"))
    with (
        member(deployment, name) as crafted,
        pytest.raises(Refused, match="is not a possible GitHub name"),
    ):
        crafted.sign_in()
    assert sorted(homes.rglob("*")) == before
    assert audited(deployment, "refused")[-1]["rule"] == "name"


def test_each_tab_that_begins_a_sign_in_ends_in_the_hub(deployment: Deployment) -> None:
    with member(deployment, "grace") as grace, member(deployment, "grace") as other:
        begin = f"{deployment.url}hub/oauth_login?next=/core/hub/"
        tabs = [grace.http.get(f"{begin}{page}").url for page in ("home", "token", "home")]
        deployment.container("hub").restart()
        eventually(lambda: grace.http.get(f"{deployment.url}hub/health").status_code == 200, 60)
        backs = [httpx.post(tab, data={"login": "grace"}).headers["location"] for tab in tabs]
        ends = [grace.http.get(back) for back in backs[:2]]
        assert [str(end.url).removeprefix(deployment.url) for end in ends] == [
            "hub/home",
            "hub/token",
        ]
        # The back button, or a bookmark, leads in, and where nobody is signed in it signs nobody in.
        again = grace.http.get(backs[0])
        assert again.status_code == 200 and "/hub/oauth_callback" not in str(again.url)
        for back in (backs[0], backs[2]):
            refused = other.http.get(back)
            assert refused.status_code == 400 and "This sign-in is over" in refused.text
            assert "/hub/login" in str(other.http.get(f"{deployment.url}hub/home").url)
        # However many are begun, the browser's cookies stay small enough to be sent.
        for _ in range(30):
            last = grace.http.get(f"{begin}token").url
        back = httpx.post(last, data={"login": "grace"}).headers["location"]
        assert str(grace.http.get(back).url).endswith("hub/token")
        assert sum("sign-in" in cookie.name for cookie in grace.http.cookies.jar) < 12


@pytest.mark.slow
def test_a_name_is_not_a_person(deployment: Deployment, github: GitHub) -> None:
    """An account gets another name, and somebody else takes the one that it had."""
    say(deployment, admins=["hedy"], everyone=True)
    deployment.ops("up")
    owner = github.account("hedy")
    assert owner
    homes = deployment.data / "jupyterhub_users/core"
    names = ("--hub", "core", "--old", "hedy", "--new", "lamarr")
    with at_work(deployment, "hedy", GithubMember) as hedy:
        hedy.kernel().run("open('mine', 'w').write('hedy')")
        assert "has to be stopped" in deployment.ops("rename", *names, fails=True)
        hedy.stop()
        token = hedy.new_token()
    assert (homes / ".owners/hedy").read_text() == f"{owner.id}\n"
    owner.login = "lamarr"
    try:
        taker = github.add_account("hedy")
        with member(deployment, "hedy") as other, pytest.raises(Refused) as error:
            other.sign_in()
        assert "belongs to another GitHub account" in str(error.value)
        assert audited(deployment, "refused")[-1]["rule"] == "another account"
        assert f"GitHub account {taker.id} now, and was {owner.id}" in hub_log(deployment)
        with member(deployment, "lamarr") as lamarr:
            with pytest.raises(Refused, match="make rename FROM=hedy TO=lamarr"):
                lamarr.sign_in()
            done = deployment.make("rename", "HUB=core", "FROM=hedy", "TO=lamarr")
            assert "What was hedy's is lamarr's" in done
            assert "already" in deployment.ops("rename", *names)
            lamarr.sign_in().start()
            assert lamarr.kernel().run("print(open('mine').read())") == "hedy"
            lamarr.stop()
        user = f"{deployment.url}hub/api/user"
        assert httpx.get(user, headers={"Authorization": f"token {token}"}).status_code == 403
        with member(deployment, "hedy") as other:
            other.sign_in()  # the lists let everybody in, to files of their own
        assert (homes / ".owners/hedy").read_text() == f"{taker.id}\n"
        github.accounts.remove(taker)
    finally:
        owner.login = "hedy"
        for name in ("hedy", "lamarr"):
            (homes / ".owners" / name).unlink(missing_ok=True)


@pytest.mark.slow
def test_names_of_any_case_and_length_are_one_persons(deployment: Deployment) -> None:
    say(deployment, allowed=[LONG.upper(), "grace", "katherine"])
    deployment.ops("up")
    for name in ("Ada", LONG):
        with member(deployment, name) as somebody:
            somebody.sign_in().start()
            assert (deployment.data / "jupyterhub_users/core" / name.lower()).is_dir()
            somebody.stop()


@pytest.mark.slow
def test_a_team_of_the_stack_file(deployment: Deployment, github: GitHub) -> None:
    owner = {"GITHUB_TOKEN": github.token("grace", "admin:org"), "GITHUB_BASE_URL": github.url}
    deployment.environment |= owner

    def teams(*members: str) -> str:
        def edit(config: dict[str, Any]) -> None:
            config.pop("cyberhubs:teams", None)
            if members:
                config["cyberhubs:teams"] = {"org:class": {"members": list(members)}}

        deployment.edit(edit)
        return deployment.ops("up")

    assert changes(teams("joan", "eve"))["created"] == 5  # with component and provider
    [organization] = github.organizations
    team = organization.team("class")
    assert team and {m.account.login for m in team.members.values()} >= {"joan", "eve"}
    assert set(changes(deployment.ops("up"))) == {"unchanged"}
    assert changes(teams("joan"))["deleted"] == 1
    assert "eve" not in {m.account.login for m in team.members.values()}
    assert owner["GITHUB_TOKEN"] not in deployment.pulumi("stack", "export")

    # A GitHub that is down stops no update, and nobody's rights change.
    github.down = "refuse"
    deployment.edit(lambda config: config["cyberhubs:hubs"]["core"].update(title="Meanwhile"))
    said = teams("joan", "eve")
    assert "does not answer (it says 503): teams stay as they are" in said
    assert "Meanwhile" in httpx.get(deployment.url + "hub/login", follow_redirects=True).text
    github.down = None
    assert "eve" not in {m.account.login for m in team.members.values()}
    assert changes(teams("joan", "eve"))["created"] == 1

    # Who is gone already can be taken off.
    team.members = {k: m for k, m in team.members.items() if m.account.login != "eve"}
    teams("joan")
    assert set(changes(deployment.ops("up"))) == {"unchanged"}
    deployment.pulumi("state", "unprotect", "--all", "--yes")
    teams()
    assert organization.team("class") is None
