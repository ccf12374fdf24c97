"""How much a member can have the hub keep in its database.

A column has a length, which SQLite does not enforce: this does. What the hub itself writes is far
shorter, so only what somebody has sent is refused.
"""

from typing import Any

from jupyterhub import orm
from jupyterhub.apihandlers.users import UserTokenListAPIHandler
from sqlalchemy import event
from tornado import web

from cyberhubs_hub.menu import known_options

LIST = 4095  # characters of a list as JSON: scopes of a token
TOKENS = 200  # that one person has, but for those of sign-ins, which end by themselves


def bound_texts() -> None:
    """From now on a text that is longer than its column is HTTPError 400, before it is stored, and of
    the options of a start no more is stored than there are."""
    for mapper in orm.Base.registry.mappers:
        for column in mapper.column_attrs:
            kind = column.columns[0].type
            most = LIST if isinstance(kind, orm.JSONList) else getattr(kind, "length", None)
            if most:
                event.listen(column.class_attribute, "set", _refuse_longer(column.key, most))
    # Refusing is too late here: a start has begun when JupyterHub stores its options.
    event.listen(
        orm.Spawner.user_options, "set", lambda _, sent, *__: known_options(sent or {}), retval=True
    )


def _refuse_longer(name: str, most: int) -> Any:
    def on_set(_: object, value: Any, *__: object) -> None:
        if isinstance(value, str | list | tuple | set) and _length(value) > most:
            raise web.HTTPError(400, f"{name} is longer than {most} characters.")

    return on_set


def _length(value: str | list[str] | tuple[str, ...] | set[str]) -> int:
    return len(value) if isinstance(value, str) else sum(len(item) + 4 for item in value)


class TokensHandler(UserTokenListAPIHandler):
    async def post(self, user_name: str) -> None:
        tokens = (
            self.db.query(orm.APIToken)
            .filter_by(client_id="jupyterhub")
            .join(orm.User)
            .filter(orm.User.name == user_name)
        )
        if tokens.count() >= TOKENS:
            orm.APIToken.purge_expired(self.db)  # which else is done each hour
        if tokens.count() >= TOKENS:
            raise web.HTTPError(403, f"{user_name} has {TOKENS} tokens: revoke some first.")
        await super().post(user_name)
