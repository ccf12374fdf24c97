"""The plugin itself: its configuration, its way to the cloud, and what it says where that fails."""

import concurrent.futures
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi.runtime.proto import provider_pb2
from pulumi.runtime.proto.provider_pb2 import DiffResponse

from tests.conformance.openstack.common import (
    ADDRESS_OF_PORT,
    ATTACHMENT,
    GROUP,
    NAME,
    NOBODY,
    SERVER,
    VOLUME,
)
from tests.support.lab.cloud import LabCloud
from tests.support.plugin_client import UNKNOWN, Plugin, PluginError
from tests.support.plugin_suite import Made, ours

pytestmark = pytest.mark.slow


@pytest.fixture
def no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing in the environment; answers a directory that has no clouds.yaml."""
    for name in ("OS_CLOUD", "OS_CLIENT_CONFIG_FILE"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def account(cloud: LabCloud) -> dict[str, str]:
    """Configuration of the provider that has all in itself."""
    entry = yaml.safe_load(cloud.clouds_yaml.read_text())["clouds"]["demo"]
    auth = entry["auth"]
    return {
        "authUrl": auth["auth_url"],
        "userName": auth["username"],
        "password": auth["password"],
        "tenantName": auth["project_name"],
        "userDomainName": "Default",
        "projectDomainName": "Default",
        "region": "RegionOne",
    }


def failure(directory: Path, config: dict[str, Any]) -> str:
    """What the creation of anything says."""
    with Plugin("openstack", directory, config) as plugin:
        checked = plugin.check(GROUP, {"name": NAME})
        with pytest.raises(PluginError) as refused:
            plugin.create(GROUP, checked)
    return str(refused.value)


def test_preview_needs_no_cloud(no_credentials: Path, server: Any) -> None:
    with Plugin("openstack", no_credentials) as plugin:
        checked = plugin.check(SERVER, server())
        state = plugin.create(SERVER, checked, preview=True)[1]
        assert state["name"] == NAME and state["accessIpV4"] == UNKNOWN
        assert plugin.kinds(SERVER, state, {**checked, "name": "other"}) == {"name": "UPDATE"}


@ours
def test_missing_credentials(no_credentials: Path) -> None:
    sentence = failure(no_credentials, {})
    assert "no complete credentials" in sentence
    assert "clouds.yaml by OS_CLOUD, or set the OS_* variables by the openrc file" in sentence


@ours
def test_unknown_entry_of_clouds_yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLOUD", "nowhere")
    assert "(Cloud nowhere was not found.)" in failure(tmp_path, {})


@ours
def test_incomplete_credentials(no_credentials: Path, account: dict[str, str]) -> None:
    del account["password"]
    assert "no complete credentials" in failure(no_credentials, account)


def test_credentials_by_configuration(no_credentials: Path, account: dict[str, str]) -> None:
    with Plugin("openstack", no_credentials, {**account, "delayedAuth": "true"}) as plugin:
        made = Made(plugin)
        made(GROUP, {"name": NAME})
        made.remove()


@ours
def test_wrong_password(no_credentials: Path, account: dict[str, str]) -> None:
    sentence = failure(no_credentials, {**account, "password": "hunter2hunter2"})
    assert "does not accept the credentials" in sentence and "get new ones" in sentence
    assert "hunter2" not in sentence


@ours
def test_application_credential_that_was_taken_back(
    no_credentials: Path, account: dict[str, str], demo: Any
) -> None:
    made = demo.identity.create_application_credential(demo.current_user_id, NAME)
    config = {
        "authUrl": account["authUrl"],
        "region": "RegionOne",
        "applicationCredentialId": made.id,
        "applicationCredentialSecret": made.secret,
    }
    with Plugin("openstack", no_credentials, config) as plugin:
        group = Made(plugin)
        group(GROUP, {"name": NAME})
        group.remove()
    demo.identity.delete_application_credential(demo.current_user_id, made.id)
    assert "does not accept the credentials" in failure(no_credentials, config)


@ours
def test_cloud_that_does_not_answer(no_credentials: Path, account: dict[str, str]) -> None:
    nowhere = {**account, "authUrl": "http://127.0.0.1:1/v3"}
    sentence = failure(no_credentials, nowhere)
    assert "does not answer (http://127.0.0.1:1: Connection refused)" in sentence
    assert "run this again" in sentence


@ours
def test_unknown_region(no_credentials: Path, account: dict[str, str]) -> None:
    assert "check the region's name" in failure(no_credentials, {**account, "region": "Nowhere"})


@ours
def test_configuration_is_checked_by_name(plugin: Plugin) -> None:
    config = {"swauth": "true", "insecure": "maybe", "cloud": "demo"}
    with pytest.raises(PluginError) as refused:
        plugin.check_config(config)
    named = {line.split(":")[0] for line in str(refused.value).splitlines()}
    assert named == {"swauth", "insecure"}


def test_other_credentials_update_the_provider(plugin: Plugin) -> None:
    old = {"cloud": "demo"}
    assert plugin.diff_config(old, old).changes != DiffResponse.DIFF_SOME
    response = plugin.diff_config(old, {"cloud": "other"})
    assert response.changes == DiffResponse.DIFF_SOME and not response.replaces


def test_first_operations_run_side_by_side(tmp_path: Path) -> None:
    of_port = {"floatingIp": "192.0.2.1", "portId": NOBODY}
    gone = (
        (ADDRESS_OF_PORT, NOBODY, of_port),
        (ATTACHMENT, f"{NOBODY}/{NOBODY}", {}),
        (GROUP, NOBODY, {"name": NAME}),
        (SERVER, NOBODY, {"name": NAME}),
        (VOLUME, NOBODY, {"name": NAME}),
    )
    with (
        Plugin("openstack", tmp_path) as plugin,
        concurrent.futures.ThreadPoolExecutor() as pool,
    ):
        futures = [
            pool.submit(method, *what) for what in gone for method in (plugin.delete, plugin.read)
        ]
        for future in futures:
            future.result()


def test_schema_is_told(plugin: Plugin) -> None:
    answer = plugin._stub.GetSchema(provider_pb2.GetSchemaRequest())
    assert SERVER in answer.schema and "blockDevices" in answer.schema


@ours
def test_other_resources_are_refused_by_name(plugin: Plugin) -> None:
    token = "openstack:dns/zone:Zone"
    with pytest.raises(PluginError, match=f"'{token}' is not carried out.*official openstack"):
        plugin.check(token, {})
    assert plugin.version().version == "5.5.3"
