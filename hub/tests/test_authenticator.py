import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cyberhubs_hub.audit import Audit
from cyberhubs_hub.authenticator import PasswordAuthenticator
from cyberhubs_hub.live import LiveFile
from cyberhubs_hub.password_guesses import Guesses
from cyberhubs_hub.shared.access_rules import AccessLists
from tornado.web import HTTPError

PASSWORD = "correct horse"


class Hub:
    """A real authenticator of JupyterHub's, with lists that can be edited."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "access"
        self.password_file = directory / "password"
        self.password_file.write_text(PASSWORD)
        self.lists()

        class Authenticator(PasswordAuthenticator):
            lists = LiveFile(self.file, AccessLists.from_text)
            audit = Audit(directory / "audit.jsonl")
            password_file = self.password_file
            guesses = Guesses()

        self.authenticator = Authenticator(allow_existing_users=False)

    def lists(self, **lists: Any) -> None:
        new = self.file.with_suffix(".new")
        new.write_text(AccessLists(**lists).to_text())
        new.replace(self.file)

    async def login(
        self, username: str, password: str = PASSWORD, address: str = "192.0.2.1"
    ) -> dict[str, Any] | None:
        data = {"username": username, "password": password}
        handler = SimpleNamespace(request=SimpleNamespace(remote_ip=address))
        return await self.authenticator.get_authenticated_user(handler, data)

    async def refused(self, username: str) -> str:
        with pytest.raises(HTTPError) as error:
            await self.login(username)
        assert error.value.status_code == 403
        return error.value.log_message or ""

    async def refresh(self, username: str) -> Any:
        async def get_auth_state() -> None: ...

        user = SimpleNamespace(name=username, get_auth_state=get_auth_state)
        return await self.authenticator.refresh_user(user)

    def audited(self) -> list[dict[str, Any]]:
        lines = (self.file.parent / "audit.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return Hub(tmp_path)


async def test_allowed_and_admin(hub: Hub):
    hub.lists(admins=["ada"], allowed=["grace"])
    assert await hub.login("grace") == login_of("grace", admin=False)
    assert await hub.login("Ada") == login_of("ada", admin=True)


async def test_refusals_say_why(hub: Hub):
    hub.lists(allowed=["grace"], blocked=["mallory"])
    assert "on none of this hub's lists" in await hub.refused("eve")
    assert "blocked" in await hub.refused("mallory")
    assert "blocked" in await hub.refused("MALLORY")


async def test_each_login_and_refusal_is_a_line(hub: Hub):
    hub.lists(admins=["ada"], allowed=["grace"], blocked=["mallory"])
    where = {"time": "", "address": "192.0.2.1"}
    await hub.login("Ada")
    await hub.refused("mallory")
    assert "is not a possible GitHub name" in await hub.refused("../ada")
    assert [{**line, "time": ""} for line in hub.audited()] == [
        {"event": "login", "user": "ada", "rule": "admins", "admin": True, **where},
        {"event": "refused", "user": "mallory", "rule": "blocked", **where},
        {"event": "refused", "user": "../ada", "rule": "name", **where},
    ]


async def test_a_name_of_megabytes_is_neither_kept_nor_said(hub: Hub):
    assert len(await hub.refused("a" * 2**22)) < 500
    assert (hub.file.parent / "audit.jsonl").stat().st_size < 500


async def test_a_blocked_admin_has_no_access(hub: Hub):
    hub.lists(admins=["ada"], blocked=["ada"])
    assert "blocked" in await hub.refused("ada")


async def test_a_hub_without_lists_is_open_and_one_with_false_is_not(hub: Hub):
    assert await hub.login("anyone")
    hub.lists(everyone=False)
    await hub.refused("anyone")


async def test_lists_hold_at_the_next_login(hub: Hub):
    hub.lists(allowed=["grace"])
    await hub.refused("ada")
    hub.lists(allowed=["ada"])
    assert await hub.login("ada")
    await hub.refused("grace")  # has been in before, which gives no right


async def test_admin_is_given_and_taken_away(hub: Hub):
    hub.lists(admins=["ada"], everyone=True)
    assert await hub.refresh("ada") == refreshed("ada", admin=True)
    hub.lists(everyone=True)
    assert await hub.refresh("ada") == refreshed("ada", admin=False)
    assert await hub.login("ada") == login_of("ada", admin=False)


async def test_refresh_ends_the_session_of_who_is_removed(hub: Hub):
    hub.lists(allowed=["grace"])
    assert await hub.refresh("grace")
    hub.lists(allowed=["ada"])
    assert await hub.refresh("grace") is False


@pytest.mark.parametrize("damage", ["lost", "cut"])
async def test_while_the_list_is_unreadable(hub: Hub, damage: str):
    hub.lists(admins=["ada"], allowed=["grace"], blocked=["mallory"])
    assert await hub.login("grace")
    if damage == "lost":
        hub.file.unlink()
    else:
        hub.file.write_text(hub.file.read_text()[:40])
    assert "cannot be read" in await hub.refused("grace")
    assert "blocked" in await hub.refused("mallory")
    assert await hub.login("ada") == login_of("ada", admin=True)
    assert await hub.refresh("grace") is True  # who is in stays in
    assert await hub.refresh("mallory") is True
    hub.lists(allowed=["grace"])
    assert await hub.login("grace")


async def test_a_hub_that_never_had_a_list_is_closed(hub: Hub):
    hub.file.unlink()
    assert "cannot be read" in await hub.refused("ada")


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD + " ", PASSWORD.upper(), "pässwort"])
async def test_a_wrong_password_says_nothing_of_the_lists(hub: Hub, password: str):
    hub.lists(blocked=["mallory"])
    for name in ("ada", "mallory", "_check", "../x"):
        assert await hub.login(name, password) is None


async def test_wrong_passwords_are_in_the_audit_and_bounded_by_address(hub: Hub):
    for _ in range(5):
        assert await hub.login("grace", "wrong") is None
    with pytest.raises(HTTPError) as error:
        await hub.login("grace", PASSWORD)
    assert error.value.status_code == 429
    assert "try again in 1 s" in (error.value.log_message or "")
    assert await hub.login("grace", address="192.0.2.2")
    assert await hub.login("ada")
    refused = [line for line in hub.audited() if line["event"] == "refused"]
    assert len(refused) == 5  # what was not looked at is no line
    assert {line["rule"] for line in refused} == {"password"}
    assert {(line["user"], line["address"]) for line in refused} == {("grace", "192.0.2.1")}


async def test_a_changed_password_holds_at_once_and_a_lost_one_lets_nobody_in(hub: Hub):
    hub.password_file.write_text("new")
    assert await hub.login("ada") is None
    assert await hub.login("ada", "new")
    hub.password_file.write_text("")
    assert await hub.login("ada", "") is None
    hub.password_file.unlink()
    with pytest.raises(HTTPError) as error:
        await hub.login("ada")
    assert error.value.status_code == 503


@pytest.mark.parametrize(
    "name", ["_check", "_CHECK", "", "..", "../x", "a/b", "a" * 40, "-ada", "\u212aate", "ada\x00"]
)
async def test_impossible_names_never_log_in(hub: Hub, name: str):
    hub.lists(everyone=True)
    assert "not a possible GitHub name" in await hub.refused(name)


async def test_names_of_39_characters_and_mixed_case(hub: Hub):
    name = "A" * 39
    assert await hub.login(name) == login_of(name.lower(), admin=False)


async def test_the_check_s_user_may_exist_but_never_log_in(hub: Hub):
    hub.lists(everyone=True)
    assert hub.authenticator.validate_username("_check")
    assert hub.authenticator.normalize_username("_check") == "_check"
    assert await hub.refresh("_check") is True
    with pytest.raises(HTTPError):
        hub.authenticator.check_allowed("_check")


def test_a_look_alike_is_never_folded_into_a_name(hub: Hub):
    kelvin = "\u212aate"
    assert kelvin.lower() == "kate"
    assert hub.authenticator.normalize_username(kelvin) == kelvin
    assert not hub.authenticator.validate_username(kelvin)
    assert not hub.authenticator.validate_username("Kate")  # only its one spelling is a name


def refreshed(name: str, *, admin: bool) -> dict[str, Any]:
    """Never JupyterHub's own admin, who may do anything in anybody's name."""
    return {"name": name, "admin": False, "groups": ["admins"] if admin else []}


def login_of(name: str, *, admin: bool) -> dict[str, Any]:
    return {**refreshed(name, admin=admin), "auth_state": None, "user_info": None}
