"""Who is no longer allowed loses access, and nobody else is touched."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.support.access import at_work, audited, change, has_lost_access, replace, say, server_of
from tests.support.deployment import Deployment, changes
from tests.support.member import Member, Refused
from tests.support.waiting import eventually

REVOKED_S = 20  # said to be within 60 s


@pytest.fixture
def others(deployment: Deployment) -> Iterator[Any]:
    """Somebody at work, whose kernel and whose hub must outlive it all."""
    with at_work(deployment, "katherine") as katherine:
        kernel = katherine.kernel()
        kernel.run("kept = 6 * 7")
        since = deployment.started()
        yield
        assert kernel.run("print(kept)") == "42"
        now = deployment.started()
        assert {name: now[name] for name in since if name in now} == {
            name: since[name] for name in since if name in now
        }
        assert not any(since.keys() - now.keys() - {server_of(deployment, "grace")})
        katherine.stop()


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize(
    ("given", "preview"),
    [
        ({"allowed": ["katherine"]}, "- allowed grace"),
        pytest.param({"blocked": ["grace", "mallory"]}, "+ blocked grace", marks=pytest.mark.slow),
    ],
)
def test_who_is_taken_off_or_blocked_loses_access(
    deployment: Deployment, given: dict, preview: str
) -> None:
    with at_work(deployment, "grace") as grace, grace.kernel().connected() as page:
        page.run("open('mine.txt', 'w').write('orbit')")
        token = grace.new_token()
        say(deployment, **given)
        assert preview in deployment.ops("preview")
        changed = changes(deployment.ops("up"))
        assert changed["updated"] == 1 and set(changed) == {"updated", "unchanged"}
        eventually(lambda: has_lost_access(deployment, grace), REVOKED_S)
        with pytest.raises(ConnectionClosed):
            page.run("1 + 1")
        bearer = {"Authorization": f"token {token}"}
        assert httpx.get(f"{deployment.url}hub/api/user", headers=bearer).status_code == 403
        with pytest.raises(Refused):
            grace.sign_in(deployment.password)
    removed = audited(deployment, "removed")[-1]
    assert (removed["user"], removed["server"]) == ("grace", True)
    assert "grace" in json.dumps(audited(deployment, "lists")[-1])
    home = deployment.data / "jupyterhub_users/core/grace"
    assert (home / "mine.txt").read_text() == "orbit"


@pytest.mark.usefixtures("others")
def test_a_start_that_is_pending_is_stopped(deployment: Deployment, lists: Path) -> None:
    with Member(deployment.url, "grace") as grace:
        grace.sign_in(deployment.password)
        grace.ask_for_server()
        change(lists, allowed=["katherine"])
        eventually(lambda: has_lost_access(deployment, grace), REVOKED_S)


@pytest.mark.usefixtures("others")
@pytest.mark.slow
def test_admin_rights_are_given_and_taken(deployment: Deployment, lists: Path) -> None:
    with Member(deployment.url, "katherine") as katherine:
        katherine.sign_in(deployment.password)

        def is_admin() -> bool:
            return katherine.http.get(f"{deployment.url}hub/admin").status_code == 200

        eventually(lambda: not is_admin())
        change(lists, admins=["ada", "katherine"])
        eventually(is_admin)
        change(lists, admins=["ada"])
        eventually(lambda: not is_admin())


@pytest.mark.usefixtures("others")
@pytest.mark.slow
def test_an_open_period_that_ends(deployment: Deployment, lists: Path) -> None:
    seconds = 25
    end = datetime.now(UTC) + timedelta(seconds=seconds)
    change(lists, allowed=["katherine"], open_until=end)
    with at_work(deployment, "visitor") as visitor:
        assert datetime.now(UTC) < end
        eventually(lambda: has_lost_access(deployment, visitor), seconds + REVOKED_S)
    assert datetime.now(UTC) >= end


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize("damage", ["deleted", "emptied", "cut in half"])
def test_a_damaged_list_puts_nobody_out_and_lets_nobody_in(
    deployment: Deployment, lists: Path, damage: str
) -> None:
    text = lists.read_text()
    with at_work(deployment, "grace") as grace:
        if damage == "deleted":
            lists.unlink()
        else:
            replace(lists, text[: len(text) // 2] if damage == "cut in half" else "")
        with Member(deployment.url, "katherine") as katherine:
            with pytest.raises(Refused, match="cannot be read"):
                katherine.sign_in(deployment.password)
            with Member(deployment.url, "ada") as ada:
                ada.sign_in(deployment.password)
            assert grace.kernel().run("print(6 * 7)") == "42"
            replace(lists, text)
            katherine.sign_in(deployment.password)
        grace.stop()
