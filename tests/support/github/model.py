"""What a GitHub holds, for tests to look at and to change at any time."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Literal

# what a scope contains
IMPLIED = {
    "admin:org": {"write:org", "read:org"},
    "write:org": {"read:org"},
}


def slug(name: str) -> str:
    """A name as URLs have it."""
    return re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")


@dataclass(eq=False)
class Account:
    """Keeps its id when its login changes."""

    login: str
    id: int


@dataclass(eq=False)
class App:
    """One to sign in with.

    permissions: those of a GitHub App, whose tokens have no scopes; None for an OAuth app.
    """

    id: int
    name: str
    client_id: str
    client_secret: str
    callback_urls: list[str]
    permissions: dict[str, str] | None = None


@dataclass(eq=False)
class Membership:
    """role: member, or admin (an owner) of an organization, or maintainer of a team."""

    account: Account
    role: str = "member"
    state: Literal["active", "pending"] = "active"

    @property
    def active(self) -> bool:
        return self.state == "active"


@dataclass(eq=False)
class Team:
    """privacy: closed (all of the organization see it) or secret. members: by account id."""

    id: int
    name: str
    description: str | None = None
    privacy: str = "closed"
    notification_setting: str = "notifications_enabled"
    members: dict[int, Membership] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        return slug(self.name)

    def add(self, *accounts: Account, role: str = "member") -> None:
        """Make accounts, which the organization has already, active members."""
        self.members |= {account.id: Membership(account, role) for account in accounts}


@dataclass(eq=False)
class Organization:
    """members: by account id. apps: the GitHub Apps that are installed on it."""

    login: str
    id: int
    ids: Iterator[int] = field(repr=False)
    members: dict[int, Membership] = field(default_factory=dict)
    teams: list[Team] = field(default_factory=list)
    apps: list[App] = field(default_factory=list)

    def add(
        self,
        *accounts: Account,
        role: Literal["member", "admin"] = "member",
        state: Literal["active", "pending"] = "active",
    ) -> None:
        """Make accounts members, or invite them (pending)."""
        for account in accounts:
            self.members[account.id] = Membership(account, role, state)

    def accept(self, account: Account) -> None:
        """The invited account joins, and the teams that it was invited to."""
        for group in (self, *self.teams):
            if account.id in group.members:
                group.members[account.id].state = "active"

    def remove(self, account: Account) -> None:
        """Also from its teams."""
        for group in (self, *self.teams):
            group.members.pop(account.id, None)

    def add_team(self, name: str, *accounts: Account, privacy: str = "closed") -> Team:
        """A team of these members."""
        team = Team(next(self.ids), name, privacy=privacy)
        team.add(*accounts)
        self.teams.append(team)
        return team

    def team(self, slug: str) -> Team | None:
        """None where there is none, as with the others that look for something."""
        return next((team for team in self.teams if slug.lower() == team.slug), None)

    def is_member(self, account: Account) -> bool:
        return account.id in self.members and self.members[account.id].active

    def is_owner(self, account: Account) -> bool:
        return self.is_member(account) and self.members[account.id].role == "admin"


@dataclass(frozen=True)
class Code:
    """What a sign-in has given. challenge: PKCE's S256, if there was one."""

    app: App
    account: Account
    redirect_uri: str
    scopes: frozenset[str]
    challenge: str | None


@dataclass(frozen=True)
class Token:
    """app: None for a personal token."""

    account: Account
    scopes: frozenset[str] = frozenset()
    app: App | None = None

    def may(self, scope: str) -> bool:
        return scope in self.scopes or any(scope in IMPLIED.get(s, ()) for s in self.scopes)

    def permits(self, permission: str) -> bool:
        """Whether it is a GitHub App's with this permission."""
        return bool(self.app and self.app.permissions and permission in self.app.permissions)

    def sees(self, organization: Organization) -> bool:
        """Whether it shows what only members of the organization see."""
        installed = self.permits("members") and self.app in organization.apps
        return organization.is_member(self.account) and (self.may("read:org") or installed)


@dataclass(eq=False)
class GitHub:
    """url: under which browsers and programs reach it.

    down: "refuse" answers all with 503, "hang" keeps all waiting until it is None again.
    rate_limited: the API answers with 403. no_word: what it answers to questions of memberships in place of the
    truth: status, headers and message. requests: method and path of all so far.
    """

    url: str
    down: Literal["refuse", "hang"] | None = None
    rate_limited: bool = False
    no_word: tuple[int, dict[str, str], str] | None = None
    requests: list[tuple[str, str]] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    apps: list[App] = field(default_factory=list)
    organizations: list[Organization] = field(default_factory=list)
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    ids: Iterator[int] = field(default_factory=lambda: count(1001), repr=False)

    def add_account(self, login: str) -> Account:
        account = Account(login, next(self.ids))
        self.accounts.append(account)
        return account

    def add_app(
        self,
        name: str,
        *callback_urls: str,
        permissions: dict[str, str] | None = None,
    ) -> App:
        """An OAuth app, or a GitHub App with these permissions."""
        prefix = "Ov23li" if permissions is None else "Iv23li"
        app = App(
            next(self.ids),
            name,
            prefix + secrets.token_hex(7),
            secrets.token_hex(20),
            list(callback_urls),
            permissions,
        )
        self.apps.append(app)
        return app

    def add_organization(self, login: str, *owners: Account) -> Organization:
        organization = Organization(login, next(self.ids), self.ids)
        organization.add(*owners, role="admin")
        self.organizations.append(organization)
        return organization

    def account(self, login: str) -> Account | None:
        """In any case of its letters, but not by one that only looks like another."""
        same = login.lower() if login.isascii() else login
        return next((a for a in self.accounts if same in (a.login, a.login.lower())), None)

    def app(self, client_id: str) -> App | None:
        return next((app for app in self.apps if app.client_id == client_id), None)

    def token(self, login: str, scopes: str = "") -> str:
        """A personal token. scopes: separated by spaces."""
        account = self.account(login)
        assert account, f"there is no account {login}"
        return self._keep("ghp_", Token(account, frozenset(scopes.split())))

    def issue(self, app: App, account: Account, scopes: frozenset[str]) -> str:
        """A token for an app."""
        prefix = "gho_" if app.permissions is None else "ghu_"
        return self._keep(prefix, Token(account, scopes, app))

    def revoke(self, login: str) -> None:
        """Take an account's tokens back."""
        for text, token in list(self.tokens.items()):
            if token.account.login == login:
                del self.tokens[text]

    def _keep(self, prefix: str, token: Token) -> str:
        text = prefix + secrets.token_hex(18)
        self.tokens[text] = token
        return text
