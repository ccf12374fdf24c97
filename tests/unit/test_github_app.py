"""What an update says of an OAuth app before a hub uses it."""

from typing import Literal

import pytest

from cyberhubs import github as module
from cyberhubs.github import AppError, check
from tests.support.github.server import github_server


def test_a_pair_that_belongs_together_and_one_that_does_not() -> None:
    with github_server() as github:
        app = github.add_app("Hub", "https://hub.example.org/core/hub/oauth_callback")
        assert "its secret is right" in check(github.url, app.client_id, app.client_secret)
        for pair in ((app.client_id, "wrong"), ("wrong", app.client_secret)):
            with pytest.raises(AppError, match="knows no app with client id"):
                check(github.url, *pair)


@pytest.mark.parametrize("down", ["refuse", "hang"])
def test_a_github_that_is_down_is_in_no_updates_way(
    down: Literal["refuse", "hang"], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LIMIT_S", 0.5)
    with github_server() as github:
        github.down = down
        assert "the OAuth app is not checked" in check(github.url, "id", "secret")


def test_nor_one_that_is_not_there() -> None:
    assert "the OAuth app is not checked" in check("http://127.0.0.1:9", "id", "secret")
