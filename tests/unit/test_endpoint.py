"""Under which address a stack's machine is reached, and the DNS record that leads there."""

from typing import Any

import pytest

from cyberhubs.machine.endpoint import DnsRecord, Endpoint, address_of, dns_record
from cyberhubs.settings import load
from tests.support.stack_values import (
    ACME,
    CORE,
    GITHUB,
    GOOD,
    OPENSTACK,
    SSH,
    changed,
    changed_host,
)

MADE = Endpoint("192.0.2.7", "ssh-ed25519 AAAA")


@pytest.mark.parametrize(
    ("host", "listen", "made", "address"),
    [
        (GOOD["host"], "127.0.0.1", None, "127.0.0.1"),
        ({**GOOD["host"], "address": "203.0.113.7"}, "0.0.0.0", None, "203.0.113.7"),
        (SSH, "0.0.0.0", None, "192.0.2.10"),
        ({**SSH, "address": "203.0.113.7"}, "0.0.0.0", None, "203.0.113.7"),
        (changed_host("ssh", address="node7.example.org"), "0.0.0.0", None, "node7.example.org"),
        (OPENSTACK, "0.0.0.0", None, None),
        (OPENSTACK, "0.0.0.0", MADE, "192.0.2.7"),
        ({**OPENSTACK, "floatingIp": {"address": "192.0.2.8"}}, "0.0.0.0", None, "192.0.2.8"),
    ],
)
def test_addresses(host: dict[str, Any], listen: str, made: Endpoint | None, address: str) -> None:
    raw = changed(
        (("host",), host),
        (("domain",), "hub.example.org"),
        (("tls",), {**ACME, "listen": listen}),
        ((*CORE, "login"), GITHUB),
    )
    assert address_of(load(raw, "test"), made) == address


@pytest.mark.parametrize(
    ("address", "kind", "value"),
    [
        ("127.0.0.1", "A", "127.0.0.1"),
        ("::1", "AAAA", "::1"),
        ("node7.example.org", "CNAME", "node7.example.org."),
    ],
)
def test_records(address: str, kind: str, value: str) -> None:
    assert dns_record("hub.example.org", address) == DnsRecord("hub.example.org", kind, value)


@pytest.mark.parametrize(("domain", "address"), [("hub.example.org", None), (None, "192.0.2.7")])
def test_no_record_without_a_domain_or_an_address(domain: str | None, address: str | None) -> None:
    assert dns_record(domain, address) is None
