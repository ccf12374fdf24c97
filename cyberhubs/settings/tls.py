"""`cyberhubs:tls`: where certificates come from, and where the front door listens."""

import re
from ipaddress import ip_address
from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from cyberhubs.settings.authorities import Authorities, certificates_in
from cyberhubs.settings.base import Address, Model, Network, Secret, Text

LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
Port = Annotated[int, Field(ge=1, le=65535)]


def _email(value: str) -> str:
    if not re.fullmatch(r"[\w.+-]+@[\w.-]+\.[\w-]+", value, re.ASCII):
        raise ValueError(f"{value!r} is not an e-mail address — write one such as ops@example.org")
    return value


def _directory(value: str) -> str:
    url = urlsplit(value)
    if url.scheme != "https" or not re.fullmatch(r"[\w./:~-]+", value, re.ASCII):
        raise ValueError(f"{value!r} is not an https address — write one such as {LETS_ENCRYPT}")
    return value


class _Tls(Model):
    """With TLS: https with the domain's certificate on one port, and a redirect to it on the other."""

    listen: Address = "0.0.0.0"
    """Address of the host on which the front door listens; 0.0.0.0: all addresses."""
    port: Port = 443
    """Port of https."""
    http_port: Port = 80
    """Port of http, which redirects to https."""

    @model_validator(mode="after")
    def _two_ports(self) -> Self:
        if self.port == self.http_port:
            raise ValueError(f"has port and httpPort {self.port} — choose another for one of them")
        return self

    @property
    def ports(self) -> tuple[int, ...]:
        return (self.port, self.http_port)


class AcmeTls(_Tls):
    """Certificates from Let's Encrypt or another ACME authority, renewed automatically."""

    mode: Literal["acme"]
    """Certificates from an ACME authority."""
    email: Annotated[Text, AfterValidator(_email)]
    """E-mail address to which the authority may write."""
    directory: Annotated[Text, AfterValidator(_directory)] = LETS_ENCRYPT
    """Address of the authority's ACME directory."""
    ca: Authorities | None = None
    """PEM file of the authority that signs the certificate of the directory itself. Left out: the public
    authorities."""

    @property
    def ca_pem(self) -> str:
        """The certificates of `ca`; empty without one."""
        return "".join(f"{text}\n" for text in certificates_in(self.ca)) if self.ca else ""


class FileTls(_Tls):
    """A certificate of your own."""

    mode: Literal["files"]
    """A certificate of your own."""
    certificate: Secret
    """The certificate as PEM text, followed by the intermediate certificates:
    pulumi config set -s NAME --secret --path cyberhubs:tls.certificate <certificate.pem"""
    key: Secret
    """The certificate's private key as PEM text: pulumi config set -s NAME --secret --path cyberhubs:tls.key <key.pem"""


class InternalTls(_Tls):
    """A certificate of the host's own authority, which browsers do not trust."""

    mode: Literal["internal"]
    """A certificate of the host's own authority."""


class NoTls(Model):
    """No TLS: the front door listens on 127.0.0.1 only."""

    mode: Literal["none"]
    """No TLS, on 127.0.0.1 only."""
    port: Port = 8000
    """Port on 127.0.0.1."""

    listen: ClassVar = "127.0.0.1"

    @property
    def ports(self) -> tuple[int, ...]:
        return (self.port,)


class ExternalTls(Model):
    """TLS ends before the front door: at a load balancer, or at a web server on the machine. It must pass on
    the header Host, and websockets."""

    mode: Literal["external"]
    """Another server holds the certificate, and hands requests on by http."""
    listen: Address = "127.0.0.1"
    """IPv4 address of the host on which the front door listens for them."""
    port: Port = 8000
    """Port of http."""
    trusted_proxies: tuple[Network, ...] = Field(default=(), strict=False)
    """Networks that the other server is in. Nobody else is answered, and the headers X-Forwarded-For and
    X-Forwarded-Proto are believed from there alone. Left out with a server on the machine itself."""

    @property
    def ports(self) -> tuple[int, ...]:
        return (self.port,)

    @model_validator(mode="after")
    def _trusts_somebody(self) -> Self:
        listen = ip_address(self.listen)
        if listen.version != 4:
            raise ValueError(
                f"has listen {self.listen}, where all would seem to be on the machine — use IPv4"
            )
        on_machine = listen.is_loopback
        if not on_machine and not self.trusted_proxies:
            raise ValueError(
                "is missing trustedProxies, so that nobody would be answered — add the network of the "
                "server that holds the certificate, such as [192.0.2.0/28]"
            )
        if on_machine and self.trusted_proxies:
            raise ValueError(
                f"has trustedProxies, and listens on the machine itself ({self.listen}) — leave them out, or "
                "set listen to an address that they reach"
            )
        return self


Tls = Annotated[AcmeTls | FileTls | InternalTls | NoTls | ExternalTls, Field(discriminator="mode")]
