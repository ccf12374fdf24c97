"""Who may log in: the access rules of the live lists, joined to a way of logging in."""

from collections.abc import Iterable
from contextvars import ContextVar
from datetime import UTC, datetime
from hmac import compare_digest
from pathlib import Path
from typing import Any, NoReturn

from jupyterhub.auth import Authenticator
from jupyterhub.handlers.base import BaseHandler
from tornado import web

from cyberhubs_hub import admins
from cyberhubs_hub.audit import MOST_TEXT, Audit
from cyberhubs_hub.database_bounds import TokensHandler
from cyberhubs_hub.live import LiveFile
from cyberhubs_hub.password_guesses import Guesses
from cyberhubs_hub.shared.access_rules import (
    AccessError,
    AccessLists,
    Decision,
    decide,
    is_trial,
    normalize,
)
from cyberhubs_hub.upstream import StoppedServerHandler

_CLOSED = (
    "This hub's access list cannot be read, so only its admins can log in now. "
    "Its operator has to fix the list; then it opens again by itself."
)
# Of who is logging in, while that is decided.
_ADDRESS: ContextVar[str | None] = ContextVar("address", default=None)


class AccessMixin(Authenticator):
    """An authenticator whose every decision comes from `lists`, as they are at that moment.

    While the lists cannot be read, the admins of the last good ones can log in and nobody else;
    sessions continue.
    """

    # Set where the authenticator is configured:
    lists: LiveFile[AccessLists]
    audit: Audit

    def get_handlers(self, app: Any) -> list[tuple[str, type[BaseHandler]]]:
        return [
            (r"/user/([^/]+)(/.*)?", StoppedServerHandler),
            (r"/api/users/([^/]+)/tokens", TokensHandler),
            *super().get_handlers(app),
        ]

    def organizations_of(self, authentication: dict[str, Any] | None) -> Iterable[str]:
        """The organizations and teams ("org", "org:team") that a login proved."""
        return ()

    def decide(self, username: str, authentication: dict[str, Any] | None = None) -> Decision:
        lists = self.lists.refresh()
        decision = decide(
            lists.value or AccessLists(everyone=False),
            username,
            self.organizations_of(authentication),
            datetime.now(UTC),
        )
        if lists.problem and decision.rule not in ("admins", "blocked", "name"):
            return Decision(False, False, "closed", _CLOSED)
        return decision

    def decide_possible(self, username: str) -> Decision:
        """As `decide`, for a login of a name as it was given: an impossible one is refused."""
        decision = self.decide(username)
        if decision.rule == "name":
            self.refuse(username, decision)
        return decision

    def normalize_username(self, username: str) -> str:
        """An impossible name stays as it is: `validate_username` refuses it, and lower case
        could make it somebody's."""
        try:
            return normalize(username)
        except AccessError:
            return username

    def validate_username(self, username: str) -> bool:
        try:
            return is_trial(username) or normalize(username) == username
        except AccessError:
            return False

    def check_blocked_users(
        self, username: str, authentication: dict[str, Any] | None = None
    ) -> bool:
        return True  # `check_allowed` decides, and gives the reason

    def check_allowed(self, username: str, authentication: dict[str, Any] | None = None) -> bool:
        decision = self.decide(username, authentication)
        if not decision.allowed:
            self.refuse(username, decision)
        self.audit.write(
            "login",
            user=username,
            rule=decision.rule,
            admin=decision.admin,
            address=_ADDRESS.get(),
        )
        return True

    def refuse(self, username: str, decision: Decision) -> NoReturn:
        self.log.warning("Refused %r (%s): %s", username, decision.rule, decision.reason)
        self.audit.write("refused", user=username, rule=decision.rule, address=_ADDRESS.get())
        raise web.HTTPError(403, decision.reason)

    async def get_authenticated_user(self, handler: Any, data: Any) -> Any:
        _ADDRESS.set(handler.request.remote_ip)
        return await super().get_authenticated_user(handler, data)

    def is_admin(self, handler: Any, authentication: dict[str, Any]) -> bool:
        return False  # of JupyterHub, who may do anything; a hub's admins are in a group

    async def run_post_auth_hook(self, handler: Any, auth_model: dict[str, Any]) -> dict[str, Any]:
        auth_model["groups"] = _groups(self.decide(auth_model["name"], auth_model))
        return await super().run_post_auth_hook(handler, auth_model)

    async def refresh_user(self, user: Any, handler: Any = None) -> bool | dict[str, Any]:
        if is_trial(user.name) or self.lists.refresh().problem:
            return True
        decision = self.decide(user.name, {"auth_state": await user.get_auth_state()})
        lists = self.lists.value
        # Whether they are a member now is for the enforcer to ask, which removes whom GitHub denies.
        of_github = decision.rule == "unlisted" and lists and lists.organizations
        if not decision.allowed and not of_github:
            return False
        return {"name": user.name, "admin": False, "groups": _groups(decision)}


def _groups(decision: Decision) -> list[str]:
    return [admins.GROUP] if decision.admin else []


class PasswordAuthenticator(AccessMixin):
    """One password for everybody, beside the access rules: for a hub on one's own machine."""

    password_file: Path  # set where the authenticator is configured
    guesses = Guesses()

    async def authenticate(self, handler: Any, data: dict[str, str]) -> str | None:
        try:
            password = self.password_file.read_bytes()
        except OSError as error:
            self.log.error("No password to compare with: %s", error)
            raise web.HTTPError(503, "This hub has no password yet. Tell its operator.") from None
        name = data.get("username", "")[:MOST_TEXT]  # no name is as long, so none is made of it
        address = handler.request.remote_ip
        if wait_s := self.guesses.wait_s(address, name):
            raise web.HTTPError(429, f"Too many wrong passwords: try again in {wait_s} s.")
        if not password or not compare_digest(data.get("password", "").encode(), password):
            self.guesses.was_wrong(address, name)
            self.audit.write("refused", user=name, rule="password", address=address)
            return None
        self.decide_possible(name)
        return name
