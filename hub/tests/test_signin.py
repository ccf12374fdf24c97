"""Who is asked to sign in again, and whose a name is; the pages are a live test's."""

import asyncio
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cyberhubs_hub import unproved_memberships
from cyberhubs_hub.audit import Audit
from cyberhubs_hub.github import GithubAuthenticator
from cyberhubs_hub.live import LiveFile
from cyberhubs_hub.owners import Owners
from cyberhubs_hub.shared.access_rules import AccessLists
from cyberhubs_hub.unproved_memberships import Unproved
from tornado.web import HTTPError

TOKEN = "gho_weak"


class User:
    name = "grace"
    token = TOKEN
    _auth_refreshed: float | None = 1.0

    async def get_auth_state(self) -> dict[str, Any]:
        return {"access_token": self.token, "organizations": []}


def request(user: User, method: str = "GET", **headers: str) -> Any:
    return SimpleNamespace(
        request=SimpleNamespace(method=method, headers=headers), _jupyterhub_user=user
    )


@pytest.fixture
def authenticator(tmp_path: Path) -> GithubAuthenticator:
    """Of a hub whose enforcer has found that a token does not show memberships."""
    lists = AccessLists(organizations=frozenset({"org"}))
    (tmp_path / "access").write_text(lists.to_text())
    file = tmp_path / "unproved.json"
    unproved_memberships.write(
        file, {"grace": Unproved(0, "GitHub says nothing.", unproved_memberships.mark(TOKEN))}
    )

    class Authenticator(GithubAuthenticator):
        lists = LiveFile(tmp_path / "access", AccessLists.from_text)
        audit = Audit(tmp_path / "audit.jsonl")
        unproved_file = file
        owners = Owners(tmp_path)

    return Authenticator()


HTML = {"Accept": "text/html,*/*"}


async def test_the_next_visit_is_asked_to_sign_in(authenticator: GithubAuthenticator) -> None:
    user = User()
    assert await authenticator.why_sign_in(user) == "GitHub says nothing."
    assert await authenticator.refresh_user(user, request(user, **HTML)) is False
    user.token = "gho_new"
    assert await authenticator.why_sign_in(user) is None
    assert await authenticator.refresh_user(user, request(user, **HTML))


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {"Accept": "*/*"}),  # of an open page
        ("GET", {}),
        ("POST", HTML),
        ("GET", {**HTML, "Authorization": "token x"}),
    ],
)
async def test_what_runs_goes_on(authenticator: GithubAuthenticator, method, headers) -> None:
    user = User()
    assert await authenticator.refresh_user(user, request(user, method, **headers))
    await asyncio.sleep(0)
    assert user._auth_refreshed is None  # so that the next visit is asked, however soon


async def test_nobody_is_asked_by_somebody_else_s_visit(authenticator: GithubAuthenticator) -> None:
    assert await authenticator.refresh_user(User(), request(User(), **HTML))


async def test_what_does_not_help_is_not_asked(authenticator: GithubAuthenticator) -> None:
    unproved_memberships.write(
        authenticator.unproved_file, {"grace": Unproved(0, "It is down.", None)}
    )
    assert await authenticator.refresh_user(user := User(), request(user, **HTML))
    authenticator.unproved_file.write_text("{")
    assert await authenticator.why_sign_in(User()) is None


def login(number: int) -> dict[str, Any]:
    return {"auth_state": {"organizations": ["org"], "number": number}}


def test_the_first_account_of_a_name_keeps_it(
    authenticator: GithubAuthenticator, tmp_path: Path
) -> None:
    assert authenticator.check_allowed("grace", login(7))
    assert authenticator.check_allowed("grace", login(7))
    with pytest.raises(HTTPError, match="belongs to another GitHub account"):
        authenticator.check_allowed("grace", login(8))
    with pytest.raises(HTTPError, match="make rename FROM=grace TO=hopper"):
        authenticator.check_allowed("hopper", login(7))
    assert authenticator.check_allowed("ada", login(8))
    said = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert [line.get("rule") for line in said] == [
        *["organizations"] * 2,
        "another account",
        "renamed",
        "organizations",
    ]


def test_who_is_refused_owns_nothing(authenticator: GithubAuthenticator) -> None:
    with pytest.raises(HTTPError, match="on none of this hub's lists"):
        authenticator.check_allowed("eve", {"auth_state": {"organizations": [], "number": 7}})
    assert authenticator.owners.number_of("eve") is None


def test_a_full_disk_keeps_nobody_out_and_a_damaged_record_lets_nobody_in(
    authenticator: GithubAuthenticator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Owners, "keep", full)
        assert authenticator.check_allowed("grace", login(7))
    assert authenticator.check_allowed("grace", login(7))
    (tmp_path / ".owners/grace").write_text("")
    with pytest.raises(HTTPError, match="cannot tell whose files"):
        authenticator.check_allowed("grace", login(7))
