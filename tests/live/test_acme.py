"""Certificates of an authority: the machine's own, and a real ACME server's, from the first one to
its renewal and to the day when there is none."""

import re
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from tests.support.acme_server import AcmeServer
from tests.support.deployment import ONE_HUB, Deployment, changes, running
from tests.support.domain import DOMAIN, served
from tests.support.member import Member
from tests.support.waiting import eventually

INTERNAL = "{{mode: internal, listen: 127.0.0.1, port: {port}, httpPort: {http_port}}}"
STACK = ONE_HUB.replace("{{mode: none, port: {port}}}", f"{INTERNAL}\n  cyberhubs:domain: {DOMAIN}")
VALIDITY_S = 45
BACKGROUND_S = 150  # Caddy asks an authority that did not answer again after a minute

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("domain_is_here")]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A stack whose machine signs its own certificate."""
    directory = tmp_path_factory.mktemp("authority")
    with running(Deployment(directory, "authority", STACK, DOMAIN)) as own:
        yield own


@pytest.fixture
def authority(own: Deployment, tmp_path: Path) -> Iterator[AcmeServer]:
    """An ACME server beside the stack's door, not started yet."""
    network = own.engine.networks.get(f"cyberhubs.{own.stack}.door")
    gateway = network.attrs["IPAM"]["Config"][0]["Gateway"]
    door = own.door.attrs["NetworkSettings"]["Networks"][network.name]["IPAddress"]
    authority = AcmeServer(tmp_path, gateway, door, own.port, own.http_port)
    yield authority
    authority.stop()


def test_who_trusts_the_exported_root_trusts_the_door(own: Deployment) -> None:
    root = own.outputs()["rootCertificate"]
    trust = ssl.create_default_context(cadata=root)
    with Member(own.url, "grace", trust) as grace:
        grace.sign_in(own.password)
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(own.front)
    assert re.search(r"^certificate +\d+ hours left, by CN=Caddy Local", own.ops("status"), re.M)
    assert own.outputs()["dns"] == {"name": DOMAIN, "type": "A", "value": "127.0.0.1"}


def test_acme_from_the_first_certificate_to_a_failing_renewal(
    own: Deployment, authority: AcmeServer
) -> None:
    before, started = own.file.read_text(), own.started()
    try:
        own.edit(lambda config: config["cyberhubs:tls"].update(authority.tls))
        # Neither name nor authority is there yet: the update ends all the same, and says what to do.
        printed = own.ops("up")
        assert f"create the record {DOMAIN}. A 127.0.0.1" in printed
        assert set(changes(printed)) <= {"created", "updated", "deleted", "unchanged"}
        status = own.ops("status", fails=True)
        assert "certificate  none yet" in status
        assert "Visitors do not get in, by the front door's certificate: none yet." in status
        assert re.search(r"^certificate +https://.*/dir gives none, .* refused", status, re.M)
        assert "core         up" in status
        hub = own.container("hub")
        hub.pause()
        try:
            assert "/core/ get no page." in own.ops("status", fails=True)
        finally:
            hub.unpause()

        authority.start(VALIDITY_S)
        eventually(lambda: "Pebble" in issuer(own), BACKGROUND_S)
        first = served(own)
        trust = ssl.create_default_context(cadata=authority.root)
        trust.verify_flags &= ~ssl.VERIFY_X509_STRICT  # pebble's certificates are for tests
        assert httpx.get(own.front, verify=trust).status_code == 200

        # Late in its life, a door that was killed comes back with it and has it renewed.
        sleep_until_renewal(first)
        own.kill("caddy", "door")
        eventually(lambda: served(own).serial_number != first.serial_number, 30)
        second = served(own)
        assert "Pebble" in issuer(own)
        assert "gives none" not in own.ops("status")

        # The authority is gone when the next one is due: the old one goes on, and it is said.
        authority.stop()
        sleep_until_renewal(second)
        own.kill("caddy", "door")
        eventually(lambda: "gives none, it is asked again" in own.ops("status"), 60)
        assert served(own) == second
        assert own.started() | {own.door.name: ""} == started | {own.door.name: ""}
    finally:
        own.write(before)
        own.ops("up")


def issuer(own: Deployment) -> str:
    return served(own).issuer.rfc4514_string()


def sleep_until_renewal(certificate: x509.Certificate) -> None:
    """Until the last third of its life."""
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    due = certificate.not_valid_after_utc - life / 3 + timedelta(seconds=2)
    time.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))
