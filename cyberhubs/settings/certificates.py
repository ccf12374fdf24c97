"""Whether a certificate of the operator's own can serve a domain."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

SOON = timedelta(days=14)


def problems(certificate: str, key: str, domain: str, now: datetime) -> Iterator[tuple[str, str]]:
    """Why `certificate` (with those that sign it) and `key`, both PEM, cannot serve `domain` at
    `now` (aware): "certificate" or "key", and a sentence that shows nothing of either."""
    try:
        chain = x509.load_pem_x509_certificates(certificate.encode())
    except ValueError:
        yield "certificate", "is not a certificate in PEM form (not shown) — give the file whole"
        return
    leaf = chain[0]
    names = _names(leaf)
    if not any(_covers(name, domain) for name in names):
        its = ", ".join(names) or "no domain at all"
        yield "certificate", f"is for {its}, not for {domain} — get one that names {domain}"
    if now > leaf.not_valid_after_utc:
        yield "certificate", f"has expired on {leaf.not_valid_after_utc:%Y-%m-%d} — renew it"
    if now < leaf.not_valid_before_utc:
        first = f"{leaf.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
        yield "certificate", f"is valid from {first} on only — wait, or set this machine's clock"
    for number, (signed, signer) in enumerate(pairwise(chain), 1):
        try:
            signed.verify_directly_issued_by(signer)
        except (ValueError, TypeError, InvalidSignature):
            yield (
                "certificate",
                f"has a chain in which number {number + 1} does not sign number {number} — "
                "put the domain's own first and after each the one that signs it",
            )
    yield from _key_problems(leaf, key)


def soon(certificate: str, now: datetime) -> str | None:
    """A sentence if the certificate ends within two weeks."""
    try:
        end = x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc
    except ValueError:
        return None
    return f"expires on {end:%Y-%m-%d} — renew it" if now < end < now + SOON else None


def _key_problems(leaf: x509.Certificate, key: str) -> Iterator[tuple[str, str]]:
    try:
        private = load_pem_private_key(key.encode(), password=None)
    except TypeError:
        yield "key", "is protected by a passphrase — give it without, it is encrypted here anyway"
        return
    except ValueError:
        yield "key", "is not a private key in PEM form (not shown) — give the file whole"
        return
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if private.public_key().public_bytes(*form) != leaf.public_key().public_bytes(*form):
        yield "key", "does not belong to the certificate — give the two that were made together"


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return extension.value.get_values_for_type(x509.DNSName)


def _covers(name: str, domain: str) -> bool:
    name = name.lower()
    return name == domain or (name.startswith("*.") and domain.partition(".")[2] == name[2:])
