from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cyberhubs_hub import admins
from cyberhubs_hub.audit import Audit
from jupyterhub.user import User

from .test_audit import lines


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(admins, "log_request", lambda handler: None)
    return tmp_path / "audit.jsonl"


def asked(by: str | None, path: str, method: str = "POST") -> Any:
    """A request that has been answered; ada is an admin."""
    handler = SimpleNamespace(
        request=SimpleNamespace(path=path, method=method), get_status=lambda: 202
    )
    if by:
        user = User.__new__(User)
        user.__dict__["orm_user"] = SimpleNamespace(name=by)
        user.__dict__["settings"] = {
            "authenticator": SimpleNamespace(
                decide=lambda name: SimpleNamespace(admin=name == "ada")
            )
        }
        handler._jupyterhub_user = user
    return handler


@pytest.mark.parametrize(
    "about",
    [
        *("/core/hub/api/users/grace/server", "/core/hub/spawn/grace", "/core/hub/api/users/ADA"),
        *("/core/hub/api/users", "/core/hub/api/shares/grace/", "/core/hub/api/share-codes/grace/"),
        *("/core/hub/api/groups/admins/users", "/core/hub/api/proxy", "/core/hub/api/shutdown"),
        "/core/hub/pass/user/grace/lab",
    ],
)
def test_what_an_admin_asks_about_another_is_a_line(path: Path, about: str) -> None:
    admins.audited(Audit(path))(asked("ada", about))
    [line] = lines(path)
    assert {**line, "time": ""} == {
        "time": "", "event": "admin", "user": "ada", "method": "POST", "path": about, "status": 202
    }  # fmt: skip


def test_what_an_admin_only_reads_is_one_if_it_is_about_another(path: Path) -> None:
    log = admins.audited(Audit(path))
    for about in ("/core/hub/api/users", "/core/hub/api/groups", "/core/hub/api/users/grace"):
        log(asked("ada", about, "GET"))
    assert [line["path"] for line in lines(path)] == ["/core/hub/api/users/grace"]


@pytest.mark.parametrize(
    ("by", "about"),
    [
        ("ada", "/core/hub/api/users/ada/server"),
        ("ada", "/core/hub/api/users/%61da/activity"),
        ("ada", "/core/hub/login"),
        ("grace", "/core/hub/api/users"),
        ("grace", "/core/hub/api/users/ada/server"),  # was refused
        (None, "/core/hub/api/users/grace"),
    ],
)
def test_nothing_else_is(path: Path, by: str | None, about: str) -> None:
    admins.audited(Audit(path))(asked(by, about))
    assert not path.exists()


def test_nothing_that_would_outlive_an_admin_is_among_their_scopes() -> None:
    own = {scope for role in admins.ROLES for scope in role.get("scopes", ())}
    assert not own & {"tokens", "access:servers", "admin:users", "users", "shares", "admin:groups"}
