from collections.abc import Iterator
from typing import Any

import pytest
from cyberhubs_hub.database_bounds import LIST, bound_texts
from jupyterhub import orm
from sqlalchemy.orm import Session
from tornado.web import HTTPError


@pytest.fixture(scope="module")
def db() -> Iterator[Session]:
    bound_texts()
    factory = orm.new_session_factory("sqlite:///:memory:")
    with factory() as session:
        yield session


@pytest.fixture(scope="module")
def user(db: Session) -> orm.User:
    user = orm.User(name="grace")
    db.add_all([user, orm.OAuthClient(identifier="jupyterhub")])
    db.commit()
    return user


def test_a_note_is_as_long_as_its_column_says(user: orm.User) -> None:
    user.new_api_token(note="x" * 1023)
    with pytest.raises(HTTPError, match="note is longer than 1023"):
        user.new_api_token(note="x" * 1024)


@pytest.mark.parametrize("scopes", [["inherit"] * LIST, [f"tokens!user={'x' * LIST}"]])
def test_scopes_too(user: orm.User, scopes: list[str]) -> None:
    with pytest.raises(HTTPError, match="scopes is longer"):
        orm.APIToken().scopes = scopes


def test_what_is_refused_is_not_in_the_database(db: Session, user: orm.User) -> None:
    before = db.query(orm.APIToken).count()
    with pytest.raises(HTTPError):
        user.new_api_token(note="x" * 2**20)
    db.commit()
    assert db.query(orm.APIToken).count() == before


def test_of_a_start_s_options_no_more_is_stored_than_there_are(db: Session, user: orm.User) -> None:
    sent = {"image": "corehub", "interface": "x" * 2**20, "more": "x" * 2**20}
    spawner = orm.Spawner(name="", user=user, user_options=sent)
    db.add(spawner)
    db.commit()
    db.refresh(spawner)
    stored: Any = spawner.user_options
    assert stored == {"image": "corehub"}


def test_an_oauth_code_too(db: Session) -> None:
    with pytest.raises(HTTPError, match="session_id"):
        orm.OAuthCode(**{"session_id": "x" * 256})
