"""What members and admins may not: be somebody else, fill the hub, start what no menu names."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.access import at_work, audited, change, has_lost_access, server_of
from tests.support.deployment import Deployment
from tests.support.member import Member, Refused
from tests.support.waiting import eventually

REVOKED_S = 20
TOKENS = 200  # docs/explanation/security.md
IN_OTHERS_NAMES: list[tuple[str, str, Any]] = [
    ("POST", "users/grace/tokens", {"note": "mine"}),
    ("GET", "users/grace/tokens", None),
    ("PATCH", "users/grace", {"name": "somebody"}),
    ("PATCH", "users/ada", {"name": "somebody"}),
    ("PATCH", "users/ada", {"admin": True}),
    ("DELETE", "users/grace", None),
    ("POST", "users/katherine", None),
    ("POST", "users", {"usernames": ["eve"]}),
    ("POST", "shares/grace/", {"user": "ada"}),
    ("POST", "share-codes/grace/", None),
    ("POST", "groups/admins/users", {"users": ["grace"]}),
    ("POST", "groups/mine", None),
    ("POST", "services/mine", {}),
    ("PATCH", "proxy", {"api_url": "http://127.0.0.1:9/"}),
    ("POST", "shutdown", {}),
]


def test_an_admin_sees_starts_and_stops_servers_and_is_nobody_else(deployment: Deployment) -> None:
    with at_work(deployment, "grace") as grace, Member(deployment.url, "ada") as ada:
        ada.sign_in(deployment.password)
        assert {"ada", "grace"} <= {user["name"] for user in ada.ask_hub("GET", "users").json()}
        for method, path, body in IN_OTHERS_NAMES:
            assert ada.ask_hub(method, path, body).status_code in (400, 403, 404), (method, path)
        bearer = {"Authorization": f"token {ada.new_token()}"}
        for page in ("lab", "api/contents", "api/kernels"):
            assert ada.http.get(f"{grace.server}{page}").status_code in (403, 404)
            assert httpx.get(f"{grace.server}{page}", headers=bearer).status_code in (403, 404)
        assert grace.kernel().run("print(6 * 7)") == "42"
        assert ada.ask_hub("DELETE", "users/grace/server").status_code in (202, 204)
        eventually(lambda: server_of(deployment, "grace") not in deployment.containers())
        assert ada.ask_hub("POST", "users/grace/server").status_code in (201, 202)
        eventually(lambda: server_of(deployment, "grace") in deployment.containers())
        grace.stop()
    done = [(line["method"], line["path"], line["status"]) for line in audited(deployment, "admin")]
    tried = {(method, f"/core/hub/api/{path}") for method, path, _ in IN_OTHERS_NAMES}
    own = {("PATCH", "/core/hub/api/users/ada")}
    assert tried - own <= {call[:2] for call in done}
    assert ("POST", "/core/hub/api/users/grace/tokens", 403) in done
    assert any(path.startswith("/core/hub/pass/user/grace/") for _, path, _ in done)
    assert any(call[:2] == ("DELETE", "/core/hub/api/users/grace/server") for call in done)
    assert any(call[:2] == ("POST", "/core/hub/api/users/grace/server") for call in done)


def test_nothing_is_left_of_an_admin_who_is_blocked(deployment: Deployment, lists: Path) -> None:
    with at_work(deployment, "grace") as grace, at_work(deployment, "ada") as ada:
        bearer = {"Authorization": f"token {ada.new_token()}"}
        users = f"{deployment.url}hub/api/users"
        assert httpx.get(users, headers=bearer).status_code == 200
        change(lists, admins=[], blocked=["ada", "mallory"])
        eventually(lambda: has_lost_access(deployment, ada), REVOKED_S)
        for address in (users, f"{users}/grace/server", f"{grace.server}api/contents"):
            assert httpx.get(address, headers=bearer).status_code in (403, 404)
        with pytest.raises(Refused):
            ada.sign_in(deployment.password)
        assert grace.kernel().run("print(6 * 7)") == "42"
        grace.stop()


def test_nobody_starts_an_image_as_the_smoke_test(deployment: Deployment) -> None:
    hub = deployment.container("hub")

    def as_smoke_test(method: str) -> None:
        """The smoke test's user, made or deleted as the test does."""
        code = (
            "from urllib.request import Request, urlopen\n"
            "bearer = {'Authorization': 'token ' + open('/run/hub/smoke_token').read()}\n"
            "url = 'http://127.0.0.1:8081/core/hub/api/users/_check'\n"
            f"urlopen(Request(url, method='{method}', headers=bearer))\n"
        )
        assert hub.exec_run(["python3", "-c", code]).exit_code == 0

    with Member(deployment.url, "ada") as ada:
        ada.sign_in(deployment.password)
        as_smoke_test("POST")
        try:
            answer = ada.ask_hub("POST", "users/_check/server", {"image": hub.attrs["Image"]})
        finally:
            as_smoke_test("DELETE")
        assert (answer.status_code, "hub itself" in answer.text) == (403, True)
        assert server_of(deployment, "_check") not in deployment.containers()


def test_what_a_member_sends_is_kept_within_bounds(deployment: Deployment) -> None:
    audit = deployment.data / "hubs/core/state/audit.jsonl"
    before = audit.stat().st_size
    for _ in range(5):
        with Member(deployment.url, "a" * 10_000) as nobody, pytest.raises(Refused):
            nobody.sign_in(deployment.password)
    assert audit.stat().st_size - before < 5 * 500
    with Member(deployment.url, "grace") as grace:
        grace.sign_in(deployment.password)
        tokens = "users/grace/tokens"
        for body in (
            {"note": "x" * 1024},
            {"note": "x" * 10_000},
            {"scopes": [f"access:servers!user={'x' * 10_000}"]},
            {"scopes": ["inherit"] * 1000},
        ):
            assert grace.ask_hub("POST", tokens, body).status_code == 400, body
        assert grace.ask_hub("POST", tokens, {"note": "x" * 1000}).status_code == 201
        options = {"image": "corehub", "interface": "x" * 5000, "more": "x" * 5000}
        grace.ask_for_server(options)
        eventually(lambda: server_of(deployment, "grace") in deployment.containers())
        started = grace.ask_hub("GET", "users/grace").json()["servers"][""]
        assert started["user_options"] == {"image": "corehub"}
        grace.stop()
        options["interface"] = "notebook"
        changed = grace.ask_hub("PATCH", "users/grace/server", {"user_options": options}).json()
        assert changed["user_options"] == {"image": "corehub", "interface": "notebook"}


@pytest.mark.slow
def test_a_member_has_so_many_tokens_and_no_more(deployment: Deployment) -> None:
    with Member(deployment.url, "katherine") as katherine:
        katherine.sign_in(deployment.password)
        tokens = "users/katherine/tokens"
        assert katherine.ask_hub("POST", tokens, {"expires_in": 1}).status_code == 201
        for _ in range(TOKENS + 1):
            answer = katherine.ask_hub("POST", tokens)
            if answer.status_code != 201:
                break
        assert answer.status_code == 403 and "revoke some" in answer.text
        mine = katherine.ask_hub("GET", tokens).json()["api_tokens"]
        assert len(mine) >= TOKENS  # the expired one has made room
        for token in mine:
            katherine.ask_hub("DELETE", f"{tokens}/{token['id']}")
        assert katherine.ask_hub("POST", tokens).status_code == 201
