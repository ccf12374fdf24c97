"""`login` of a hub: how members prove who they are."""

from typing import Annotated, Literal

from pydantic import Field

from cyberhubs.settings.base import Model, Secret, Text


class PasswordLogin(Model):
    """One generated password that all members share; only where everything is on 127.0.0.1."""

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


Login = Annotated[PasswordLogin | GithubLogin, Field(discriminator="kind")]
