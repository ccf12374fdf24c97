"""A certificate of the operator's own is refused, before anything is touched, if it cannot serve."""

import pytest
from cryptography.hazmat.primitives import serialization

from cyberhubs.settings import SettingsError, load, load_file
from tests.support.certificates import Authority, self_signed
from tests.support.stack_values import changed, write

DOMAIN = "hub.example.org"
AUTHORITY = Authority()


def stack(certificate: str, key: str):
    tls = {"mode": "files", "listen": "127.0.0.1", "certificate": certificate, "key": key}
    return changed((("tls",), tls), (("domain",), DOMAIN))


@pytest.mark.parametrize("names", [[DOMAIN], ["www.example.org", "*.EXAMPLE.org"]])
def test_good_ones(names):
    certificate, key = AUTHORITY.issue(*names)
    assert load(stack(certificate, key), "test").warnings == ()
    assert load(stack(certificate + AUTHORITY.pem, key), "test").warnings == ()


def test_one_that_ends_soon_is_announced():
    settings = load(stack(*AUTHORITY.issue(DOMAIN, days=10)), "test")
    assert len(settings.warnings) == 1
    assert "cyberhubs:tls.certificate: expires on " in settings.warnings[0]


def encrypted(key: str) -> str:
    private = serialization.load_pem_private_key(key.encode(), None)
    form = serialization.PrivateFormat.PKCS8
    secret = serialization.BestAvailableEncryption(b"hunter2")
    return private.private_bytes(serialization.Encoding.PEM, form, secret).decode()


GOOD, KEY = AUTHORITY.issue(DOMAIN)
OTHER_KEY = AUTHORITY.issue(DOMAIN)[1]


@pytest.mark.parametrize(
    ("certificate", "key", "says"),
    [
        (GOOD, OTHER_KEY, "tls.key: does not belong to the certificate"),
        (*AUTHORITY.issue("other.example.org"), "is for other.example.org, not for hub.example"),
        (*AUTHORITY.issue("*.hub.example.org"), "not for hub.example.org"),
        (*AUTHORITY.issue("*.org"), "not for hub.example.org"),
        (*AUTHORITY.issue(), "is for no domain at all"),
        (*AUTHORITY.issue(DOMAIN, start=-100), "tls.certificate: has expired on 20"),
        (*AUTHORITY.issue(DOMAIN, start=1), "tls.certificate: is valid from 20"),
        (AUTHORITY.pem + GOOD, KEY, "number 2 does not sign number 1"),
        (GOOD + Authority().pem, KEY, "number 2 does not sign number 1"),
        (GOOD[:200], KEY, "tls.certificate: is not a certificate in PEM form"),
        ("hunter2", KEY, "tls.certificate: is not a certificate in PEM form"),
        (GOOD, "hunter2", "tls.key: is not a private key in PEM form"),
        (GOOD, GOOD, "tls.key: is not a private key in PEM form"),
        (GOOD, KEY[:100], "tls.key: is not a private key in PEM form"),
        (GOOD, encrypted(KEY), "tls.key: is protected by a passphrase"),
    ],
    # Names of their own: keys are others in each process that collects them.
    ids=[
        "another key",
        "another domain",
        "another wildcard",
        "too wide a wildcard",
        "no domain",
        "expired",
        "not yet valid",
        "another root",
        "another root of the same name",
        "half a certificate",
        "no certificate",
        "no key",
        "a certificate as key",
        "half a key",
        "an encrypted key",
    ],
)
def test_bad_ones(certificate, key, says):
    with pytest.raises(SettingsError) as error:
        load(stack(certificate, key), "test")
    assert says in str(error.value)
    lines = [line for line in (certificate + key).splitlines() if "-----" not in line]
    assert not any(line in str(error.value) for line in lines)


def test_encrypted_ones_are_looked_at_when_pulumi_has_decrypted_them(tmp_path):
    secure = {"secure": "v1:abc"}
    file = write(tmp_path, stack(*self_signed("other.example.org")))
    with pytest.raises(SettingsError):
        load_file(file, "test")
    settings = load_file(write(tmp_path, stack(secure, secure)), "test")  # type: ignore[arg-type]
    assert settings.url == "https://hub.example.org/"
