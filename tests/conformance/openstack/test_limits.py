"""Limits of a project and of a cloud, which the messages tell with the figures."""

import pytest
from openstack.connection import Connection
from openstack.network.v2.network import Network

from tests.conformance.openstack.common import ADDRESS, NETWORK, SERVER, VOLUME, Program, quota
from tests.conformance.openstack.conftest import There
from tests.support.plugin_client import Plugin, PluginError
from tests.support.plugin_suite import ours

pytestmark = [pytest.mark.slow, ours]
REMEDY = "; ask the cloud's support for more, or free some, and run this again"


def test_quota_of_servers(made: Program, admin: Connection, project: str) -> None:
    with quota(admin.compute, project, cores=1), pytest.raises(PluginError) as failure:
        made(SERVER)
    assert "Quota exceeded for cores: Requested 2, but already used 0 of 1 cores" in str(
        failure.value
    )
    assert str(failure.value).endswith(REMEDY)


def test_quota_of_gigabytes(made: Program, admin: Connection, project: str) -> None:
    with quota(admin.block_storage, project, gigabytes=3):
        made(VOLUME, size=2)
        with pytest.raises(PluginError) as failure:
            made(VOLUME, size=2)
    assert "Requested 2G, quota is 3G and 2G has been consumed" in str(failure.value)
    assert str(failure.value).endswith(REMEDY)


def test_quota_of_addresses(made: Program, admin: Connection, project: str) -> None:
    admin.network.update_quota(project, floating_ips=1)
    try:
        made(ADDRESS)
        with pytest.raises(PluginError) as failure:
            made(ADDRESS)
    finally:
        admin.network.delete_quota(project)
    assert "(1 of 1 floatingips are used)" in str(failure.value)
    assert str(failure.value).endswith(REMEDY)


def test_no_address_is_free(outside: Network, made: Program) -> None:
    made(ADDRESS, pool=outside.name)
    with pytest.raises(PluginError, match=r"no free address left.*No more IP.*release one"):
        made(ADDRESS, pool=outside.name)


def test_what_members_may_not(plugin: Plugin, there: There) -> None:
    with pytest.raises(PluginError, match="cannot delete network public: the cloud does not allo"):
        plugin.delete(NETWORK, there.public, {"name": "public"})
