"""Limits of a project and of a cloud, which the messages tell with the figures."""

from typing import Any

import pytest
from openstack.connection import Connection

from tests.conformance.openstack.common import ADDRESS, NAME, NETWORK, SERVER, VOLUME, quota
from tests.support.plugin_client import PluginError
from tests.support.plugin_suite import Made, ours

pytestmark = [pytest.mark.slow, ours]
REMEDY = "; ask the cloud's support for more, or free some, and run this again"


def test_quota_of_servers(made: Made, server: Any, admin: Connection, project: str) -> None:
    with quota(admin.compute, project, cores=1), pytest.raises(PluginError) as failure:
        made(SERVER, server())
    assert "Quota exceeded for cores: Requested 2, but already used 0 of 1 cores" in str(
        failure.value
    )
    assert str(failure.value).endswith(REMEDY)


def test_quota_of_gigabytes(made: Made, admin: Connection, project: str) -> None:
    with quota(admin.block_storage, project, gigabytes=3):
        made(VOLUME, {"name": NAME, "size": 2})
        with pytest.raises(PluginError) as failure:
            made(VOLUME, {"name": NAME, "size": 2})
    assert "Requested 2G, quota is 3G and 2G has been consumed" in str(failure.value)
    assert str(failure.value).endswith(REMEDY)


def test_quota_of_addresses(made: Made, admin: Connection, project: str) -> None:
    admin.network.update_quota(project, floating_ips=1)
    try:
        made(ADDRESS, {"pool": "public"})
        with pytest.raises(PluginError) as failure:
            made(ADDRESS, {"pool": "public"})
    finally:
        admin.network.delete_quota(project)
    assert "(1 of 1 floatingips are used)" in str(failure.value)
    assert str(failure.value).endswith(REMEDY)


def test_no_address_is_free(made: Made, admin: Connection) -> None:
    full = admin.network.create_network(name=NAME, is_router_external=True)
    pool = [{"start": "10.41.0.10", "end": "10.41.0.10"}]
    admin.network.create_subnet(
        network_id=full.id, ip_version=4, cidr="10.41.0.0/24", allocation_pools=pool
    )
    taken = admin.network.create_ip(floating_network_id=full.id)
    try:
        with pytest.raises(PluginError, match=r"no free address left.*No more IP.*release one"):
            made(ADDRESS, {"pool": NAME})
    finally:
        admin.network.delete_ip(taken)
        admin.network.delete_network(full)


def test_what_members_may_not(plugin: Any, made: Made, there: Any) -> None:
    with pytest.raises(PluginError, match=f"cannot delete network {NAME}: the cloud does not allo"):
        plugin.delete(NETWORK, there.public, {"name": NAME})
