"""`cyberhubs:tls`: where certificates come from."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from cyberhubs.settings.base import HerePath, Model, Text


def _email(value: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
        raise ValueError(f"{value!r} is not an e-mail address — write one such as ops@example.org")
    return value


class AcmeTls(Model):
    """Certificates from Let's Encrypt or another ACME authority, renewed by themselves."""

    mode: Literal["acme"]
    """Certificates from an ACME authority."""
    email: Annotated[Text, AfterValidator(_email)]
    """Whom the authority may write to."""


class FileTls(Model):
    """A certificate of your own."""

    mode: Literal["files"]
    """A certificate of your own."""
    certificate: HerePath
    """PEM file of the certificate, followed by those that sign it."""
    key: HerePath
    """PEM file of its private key."""


class InternalTls(Model):
    """A certificate of the machine's own authority, which browsers do not know."""

    mode: Literal["internal"]
    """A certificate of the machine's own authority."""


class NoTls(Model):
    """No TLS: everything listens on 127.0.0.1 only."""

    mode: Literal["none"]
    """No TLS, on 127.0.0.1 only."""
    port: int = Field(default=8000, ge=1, le=65535)
    """Port on 127.0.0.1."""


Tls = Annotated[AcmeTls | FileTls | InternalTls | NoTls, Field(discriminator="mode")]
