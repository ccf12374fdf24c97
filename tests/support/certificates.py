"""Certificates for tests, as PEM texts."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_SIGNS = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


class Authority:
    """One that signs; `pem` is its own certificate."""

    def __init__(self, name: str = "Test authority"):
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self.pem, _ = _issue(self._name, self._name, self._key, self._key, [], authority=True)

    def issue(self, *domains: str, start: int = -1, days: int = 90) -> tuple[str, str]:
        """Certificate and key for domains or IP addresses, valid for `days` from `start` days on."""
        key = ec.generate_private_key(ec.SECP256R1())
        return _issue(x509.Name([]), self._name, key, self._key, domains, start, days)


def self_signed(*domains: str) -> tuple[str, str]:
    """Certificate and key."""
    key = ec.generate_private_key(ec.SECP256R1())
    return _issue(x509.Name([]), x509.Name([]), key, key, domains)


def _issue(subject, issuer, key, signer, domains, start=-1, days=90, authority=False):
    begin = datetime.now(UTC) + timedelta(days=start)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=days))
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
        # What Python wants of all, from 3.13 on.
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if authority:
        builder = builder.add_extension(_SIGNS, critical=True)
    if domains:
        names = x509.SubjectAlternativeName([_general_name(domain) for domain in domains])
        builder = builder.add_extension(names, critical=True)
    certificate = builder.sign(signer, hashes.SHA256())
    return (
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
    )


def _general_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)
