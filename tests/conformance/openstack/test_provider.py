"""The plugin itself: its way to the cloud, and what it says where that fails."""

import concurrent.futures
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conformance.openstack.common import (
    ATTACHMENT,
    GROUP,
    NAME,
    NOBODY,
    SERVER,
    VOLUME,
)
from tests.support.lab.cloud import LabCloud
from tests.support.plugin_client import UNKNOWN, Plugin, PluginError, Values
from tests.support.plugin_suite import Made, ours

pytestmark = pytest.mark.slow

INPUTS = {"name": NAME, "description": "one", "deleteDefaultRules": True}


@pytest.fixture
def no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing in the environment; answers a directory that has no clouds.yaml."""
    for name in ("OS_CLOUD", "OS_CLIENT_CONFIG_FILE"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def openrc(no_credentials: Path, cloud: LabCloud, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As `no_credentials`, with the variables of the cloud's openrc file."""
    auth = yaml.safe_load(cloud.clouds_yaml.read_text())["clouds"]["demo"]["auth"]
    monkeypatch.setenv("OS_AUTH_URL", auth["auth_url"])
    monkeypatch.setenv("OS_USERNAME", auth["username"])
    monkeypatch.setenv("OS_PASSWORD", auth["password"])
    monkeypatch.setenv("OS_PROJECT_NAME", auth["project_name"])
    monkeypatch.setenv("OS_USER_DOMAIN_NAME", "Default")
    monkeypatch.setenv("OS_PROJECT_DOMAIN_NAME", "Default")
    monkeypatch.setenv("OS_REGION_NAME", "RegionOne")
    return no_credentials


def works(directory: Path) -> None:
    with Plugin("openstack", directory) as plugin:
        made = Made(plugin)
        made(GROUP, INPUTS)
        made.remove()


def failure(directory: Path) -> str:
    """What the creation of anything says."""
    with pytest.raises(PluginError) as refused:
        works(directory)
    return str(refused.value)


def test_preview_needs_no_cloud(
    no_credentials: Path, given: dict[str, Values], monkeypatch: pytest.MonkeyPatch
) -> None:
    # as the program's own preview does
    monkeypatch.setenv("OS_AUTH_URL", "https://no-cloud.invalid/v3")
    inputs = {**given[SERVER], "keyPair": "a", "networks": [{"port": NOBODY}]}
    with Plugin("openstack", no_credentials) as plugin:
        checked = plugin.check(SERVER, inputs)
        state = plugin.create(SERVER, checked, preview=True)[1]
        assert state["name"] == NAME and state["accessIpV4"] == UNKNOWN
        assert plugin.kinds(SERVER, state, {**checked, "name": "other"})["name"] == "UPDATE"


def test_variables_of_an_openrc_file(openrc: Path) -> None:
    works(openrc)


@ours
def test_missing_credentials(no_credentials: Path) -> None:
    sentence = failure(no_credentials)
    assert "no complete credentials" in sentence
    assert "clouds.yaml by OS_CLOUD, or set the OS_* variables by the openrc file" in sentence


@ours
def test_unknown_entry_of_clouds_yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLOUD", "nowhere")
    assert "(Cloud nowhere was not found.)" in failure(tmp_path)


@ours
def test_incomplete_credentials(openrc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OS_PASSWORD")
    assert "no complete credentials" in failure(openrc)


@ours
def test_wrong_password(openrc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_PASSWORD", "hunter2hunter2")
    sentence = failure(openrc)
    assert "does not accept the credentials" in sentence and "get new ones" in sentence
    assert "hunter2" not in sentence


@ours
def test_application_credential_that_was_taken_back(
    openrc: Path, demo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = demo.current_user_id
    made = demo.identity.create_application_credential(user, NAME)
    for part in ("USERNAME", "PASSWORD", "PROJECT_NAME", "USER_DOMAIN_NAME", "PROJECT_DOMAIN_NAME"):
        monkeypatch.delenv(f"OS_{part}")
    monkeypatch.setenv("OS_AUTH_TYPE", "v3applicationcredential")
    monkeypatch.setenv("OS_APPLICATION_CREDENTIAL_ID", made.id)
    monkeypatch.setenv("OS_APPLICATION_CREDENTIAL_SECRET", made.secret)
    works(openrc)
    demo.identity.delete_application_credential(user, made.id)
    assert "does not accept the credentials" in failure(openrc)


@ours
def test_cloud_that_does_not_answer(openrc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_AUTH_URL", "http://127.0.0.1:1/v3")
    sentence = failure(openrc)
    assert "does not answer (http://127.0.0.1:1: Connection refused)" in sentence
    assert "run this again" in sentence


@ours
def test_unknown_region(openrc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_REGION_NAME", "Nowhere")
    assert "check the region's name" in failure(openrc)


@ours
def test_configuration_is_refused_by_name(plugin: Plugin) -> None:
    with pytest.raises(PluginError, match=r"^cloud: .*is not carried out by this plugin"):
        plugin.check_config({"cloud": "demo"})


def test_first_operations_run_side_by_side(tmp_path: Path) -> None:
    gone = (
        (ATTACHMENT, f"{NOBODY}/{NOBODY}", {"instanceId": NOBODY, "volumeId": NOBODY}),
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


@ours
def test_other_resources_are_refused_by_name(plugin: Plugin) -> None:
    token = "openstack:dns/zone:Zone"
    with pytest.raises(PluginError, match=f"'{token}' is not carried out.*official openstack"):
        plugin.check(token, {})
    assert plugin.version().version == "5.5.3"
