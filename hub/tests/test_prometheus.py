from types import SimpleNamespace
from typing import Any

import pytest
from cyberhubs_hub.prometheus import PrometheusHandler
from tornado.web import HTTPError


def asked(user: str | None, *scopes: str, **headers: str) -> Any:
    """What the hub knows of who asks the front door."""
    handler: Any = PrometheusHandler.__new__(PrometheusHandler)
    handler.request = SimpleNamespace(method="GET", uri="/core/hub/prometheus/", headers=headers)
    handler._jupyterhub_user = user
    handler.parsed_scopes = scopes
    handler.get_login_url = lambda: "/core/hub/login"
    handler.sent_to, handler.status = [], []
    handler.redirect, handler.set_status = handler.sent_to.append, handler.status.append
    return handler


def test_who_may_read_figures_gets_the_page() -> None:
    admin = asked("ada", "list:users", "read:metrics")
    admin.get()
    assert (admin.status, admin.sent_to) == ([204], [])


def test_a_member_does_not() -> None:
    with pytest.raises(HTTPError) as refused:
        asked("grace", "self").get()
    assert refused.value.status_code == 403


def test_a_stranger_signs_in_first() -> None:
    stranger = asked(None)
    stranger.get()
    assert stranger.sent_to == ["/core/hub/login?next=%2Fcore%2Fhub%2Fprometheus%2F"]
    assert stranger.status == []


def test_a_token_that_the_hub_does_not_know_is_refused() -> None:
    with pytest.raises(HTTPError) as refused:
        asked(None, Authorization="Bearer 0").get()
    assert refused.value.status_code == 403
