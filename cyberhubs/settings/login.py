"""`login` of a hub: how members log in."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from cyberhubs.settings.base import Model, Secret, Text

GITHUB = "https://github.com"


def _site(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise ValueError(f"{value!r} is not a site — write it as https://github.example.org")
    return value.rstrip("/")


class PasswordLogin(Model):
    """One generated password that all members share; only for a front door on 127.0.0.1."""

    kind: Literal["password"]
    """One shared password."""


class GithubLogin(Model):
    """Members log in with their GitHub account."""

    kind: Literal["github"]
    """GitHub accounts."""
    client_id: Text
    """Client ID of the OAuth app."""
    client_secret: Secret
    """Client secret of the OAuth app."""
    url: Annotated[Text, AfterValidator(_site)] = GITHUB
    """Address of GitHub, or of a GitHub Enterprise Server such as https://github.example.org."""
    refresh_minutes: int = Field(default=10, ge=1, le=24 * 60)
    """Minutes after which somebody who has left an organization or team loses access."""
    grace_hours: int = Field(default=72, ge=1, le=30 * 24)
    """Hours for which somebody stays whose membership GitHub does not say, as while it does not answer or
    asks them to sign in again."""

    @property
    def api(self) -> str:
        """Of its REST API."""
        return "https://api.github.com" if self.url == GITHUB else f"{self.url}/api/v3"


Login = Annotated[PasswordLogin | GithubLogin, Field(discriminator="kind")]
