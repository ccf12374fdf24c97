"""The shape of the whole program's resource graph, for every committed stack and for edits of one."""

import copy
import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from cyberhubs_hub.shared.images import pulled_name

from cyberhubs.images.commands import held, name_of, pulled
from tests.support.certificates import self_signed
from tests.support.stack_values import GITHUB
from tests.unit.everything import everything
from tests.unit.recorder import PROJECT, Registered, config_of, record, secrets_in

STACKS = sorted((PROJECT / "stacks").glob("Pulumi.*.yaml"))
Graph = dict[str, Registered]


@pytest.fixture
def config(tmp_path: Path) -> dict[str, Any]:
    return {
        "host": {"kind": "local", "data": {"path": str(tmp_path)}},
        "tls": {"mode": "none", "port": 8000},
        "hubs": {
            "core": {
                "title": "Core",
                "applications": ["corehub"],
                "login": {"kind": "password"},
                "access": {"admins": ["ada"], "allowed": ["grace"]},
                "limits": {"memory": "1G"},
            }
        },
    }


def own_certificate() -> dict[str, str]:
    certificate, key = self_signed("hub.example.org")
    return {"certificate": certificate, "key": key}


def edited(config: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The configuration with changes to its one hub."""
    config = copy.deepcopy(config)
    config["hubs"]["core"].update(changes)
    return config


def differing(before: Graph, after: Graph) -> set[str]:
    """Names of the resources whose inputs differ, or that are on one side only."""
    return {
        urn.split("::")[-1]
        for urn in before.keys() | after.keys()
        if urn not in before or urn not in after or before[urn].inputs != after[urn].inputs
    }


@pytest.mark.parametrize("file", STACKS, ids=lambda file: file.stem)
@pytest.mark.parametrize("preview", [True, False], ids=["preview", "up"])
def test_every_committed_stack_runs(file: Path, preview: bool) -> None:
    graph = record(config_of(file), stack=file.stem.removeprefix("Pulumi."), preview=preview)
    assert any(resource.type == "cyberhubs:hub:Hub" for resource in graph.values())


def test_same_input_same_graph(config: dict[str, Any]) -> None:
    assert differing(record(config), record(config)) == set()


def test_children_carry_their_parents_name(config: dict[str, Any]) -> None:
    """Otherwise two instances of a component would have children of one name."""
    wrong = {
        resource.name
        for resource in record(config).values()
        if resource.parent_name not in ("", "cyberhubs-local")
        and not resource.name.startswith(resource.parent_name)
    }
    assert wrong == set()


def test_only_components_are_parents(config: dict[str, Any]) -> None:
    graph = record(config)
    parents = {resource.options.parent for resource in graph.values()} - {""}
    assert {p for p in parents if p in graph and graph[p].options.custom} == set()


def test_password_is_a_secret_everywhere(config: dict[str, Any]) -> None:
    graph = record(config)
    source = next(r for r in graph.values() if r.name == "core-files-password")
    assert list(source.options.additionalSecretOutputs) == ["stdout"]
    stack = next(r for r in graph.values() if r.type == "pulumi:pulumi:Stack")
    assert "stdout of core-files-password" in json.dumps(secrets_in(stack.inputs["outputs"]))


def test_a_list_edit_changes_one_resource(config: dict[str, Any]) -> None:
    after = edited(config, access={"admins": ["ada"], "allowed": ["grace", "katherine"]})
    assert differing(record(config), record(after)) == {"core-files-access"}


@pytest.mark.parametrize(
    "change",
    [{"title": "Other"}, {"limits": {"memory": "2G"}}, {"interface": "notebook"}],
    ids=lambda change: next(iter(change)),
)
def test_a_hub_edit_touches_neither_proxy_nor_network(config: dict[str, Any], change: dict) -> None:
    changed = differing(record(config), record(edited(config, **change)))
    entry = {"core-entry"} if "title" in change else set()  # what the front page shows of it
    assert changed == {"core-files-config", "core-hub", "core-files"} | entry


def test_replacement_is_stated(config: dict[str, Any]) -> None:
    containers = [
        r for r in record(config).values() if r.type == "docker:index/container:Container"
    ]
    assert {container.name for container in containers} == {"door-caddy", "core-proxy", "core-hub"}
    assert all(container.options.deleteBeforeReplace for container in containers)


def test_containers_have_no_right_they_do_not_need(config: dict[str, Any]) -> None:
    for resource in record(with_prometheus(config)).values():
        if resource.type != "docker:index/container:Container":
            continue
        assert resource.inputs["capabilities"] == {"drops": ["ALL"]}
        assert resource.inputs["securityOpts"] == ["no-new-privileges"]
        assert resource.inputs["readOnly"] is True
        assert resource.inputs["user"] != "0:0"
        ports = resource.inputs.get("ports", [])
        assert all(port["ip"] == "127.0.0.1" for port in ports)
        assert bool(ports) == (resource.name == "door-caddy")
        assert resource.inputs["memorySwap"] == resource.inputs["memory"] > 0


def test_networks_depend_on_nothing_that_changes(config: dict[str, Any]) -> None:
    """A network is made once: any other input of it would replace it under everybody."""
    after = edited(config, title="Other", applications=["corehub"], limits={"memory": "3G"})
    changed = differing(record(config), record(after))
    assert not any(name.endswith("-network") for name in changed)


def test_a_further_hub_touches_no_other_and_not_the_door(config: dict[str, Any]) -> None:
    more = copy.deepcopy(config)
    more["hubs"]["astro"] = {**config["hubs"]["core"], "title": "Astro"}
    changed = differing(record(config), record(more)) - {"cyberhubs-local"}  # the stack's outputs
    assert changed
    assert {name for name in changed if name.split("-")[0] != "astro"} == set()


def test_other_limits_of_visitors_reload_the_door_and_touch_nothing_else(
    config: dict[str, Any],
) -> None:
    other = record({**config, "visitors": {"bodyKb": 32, "seconds": 5, "requests": 64}})
    assert differing(record(config), other) == {"door-reload"}
    served = next(r for r in other.values() if r.name == "door-reload").inputs["stdin"]
    for limit in ("max_size 32KiB", "read_header 5s", "max_conns_per_host 64"):
        assert limit in served


def named(graph: Graph, name: str) -> Registered:
    return next(r for r in graph.values() if r.name == name)


def test_figures_are_told_where_the_stack_file_says_so_and_open_no_port(
    config: dict[str, Any],
) -> None:
    without, told = record(config), record({**config, "metrics": {}})
    changed = {"core-files-config", "core-files", "core-hub", "door-reload"}
    assert differing(without, told) == changed
    sources = [mount["source"] for mount in named(told, "core-hub").inputs["mounts"]]
    token = f"{config['host']['data']['path']}/door/live/metrics_token"
    assert token in sources
    for_all = named(without, "core-hub").inputs["mounts"]
    assert token not in [mount["source"] for mount in for_all]
    assert "metrics" not in named(without, "door-reload").inputs["stdin"]
    assert "certificate" not in named(told, "door-reload").inputs["stdin"]  # it has none


def test_the_token_of_figures_is_taken_with_tls_alone(config: dict[str, Any]) -> None:
    tls = {"mode": "internal", "listen": "127.0.0.1"}
    config |= {"domain": "hub.example.org", "tls": tls}
    graph = record({**config, "metrics": {}})
    encrypted, plain = named(graph, "door-reload").inputs["stdin"].split("http://:80 {")
    assert "metrics_token" in encrypted and "/_metrics/certificate" in encrypted
    assert "metrics" not in plain
    served = named(record(with_prometheus(config)), "door-reload").inputs["stdin"]
    between_containers = served.split("http://:8888 {")[1]
    assert "metrics_token" in between_containers
    assert "/_metrics/certificate" in between_containers


def with_prometheus(config: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {**config, "metrics": {"prometheus": keys}}


OF_PROMETHEUS = {
    *("prometheus", "prometheus-directories", "prometheus-targets", "prometheus-server"),
    "images-prometheus",
}


def test_a_prometheus_of_the_stack_is_one_container_more(config: dict[str, Any]) -> None:
    without, graph = record({**config, "metrics": {}}), record(with_prometheus(config))
    for_its_pages = {"core-files-config", "core-files", "core-hub", "door-reload"}
    assert differing(without, graph) == OF_PROMETHEUS | for_its_pages
    assert json.loads(named(graph, "core-files-config").inputs["stdin"])["prometheus"] is True
    server = named(graph, "prometheus-server").inputs
    assert server["user"] == "1000:1000" and "ports" not in server
    assert server["sysctls"] == {"net.ipv4.ip_default_ttl": "1"}
    writes = [mount["target"] for mount in server["mounts"] if not mount["readOnly"]]
    assert writes == ["/srv/prometheus/state"]
    assert "EXTERNAL_URL=http://127.0.0.1:8000/core/hub/prometheus/" in server["envs"]
    longer = record(with_prometheus(config, retentionDays=365))
    assert differing(graph, longer) == {"prometheus-server"}


def test_a_further_hub_restarts_no_prometheus_and_its_admins_see_none(
    config: dict[str, Any],
) -> None:
    config = with_prometheus(config, hub="core")
    more = copy.deepcopy(config)
    more["hubs"]["astro"] = {**config["hubs"]["core"], "title": "Astro"}
    graph = record(more)
    changed = differing(record(config), graph) - {"cyberhubs-local"}
    assert {name for name in changed if name.split("-")[0] != "astro"} == {"prometheus-targets"}
    assert json.loads(named(graph, "astro-files-config").inputs["stdin"])["prometheus"] is False
    read = json.loads(named(graph, "prometheus-targets").inputs["stdin"])
    assert [(target["targets"], target["labels"].get("hub")) for target in read] == [
        (["door:8888"], None),
        (["astro.hub.internal:8000"], "astro"),
        (["core.hub.internal:8000"], "core"),
    ]
    labels = {"stack": "local", "job": "cyberhubs-local", "part": "door"}
    assert read[0]["labels"] == {**labels, "__metrics_path__": "/_metrics"}


def test_a_prometheus_reads_the_door_where_no_visitor_comes(config: dict[str, Any]) -> None:
    config["tls"]["port"] = 8888
    graph = record(with_prometheus(config))
    assert "door:8081" in named(graph, "prometheus-targets").inputs["stdin"]
    served = named(graph, "door-reload").inputs["stdin"]
    for_visitors, for_prometheus = served.split("http://:8081 {")
    assert "http://:8888 {" in for_visitors
    assert "metrics_token" in for_prometheus and "import front" not in for_prometheus
    assert for_prometheus.rstrip().endswith("abort\n\t}\n}")


@pytest.mark.parametrize(
    "tls",
    [
        {"mode": "internal"},
        {"mode": "acme", "email": "ops@example.org", "directory": "https://ca.example.org/dir"},
    ],
    ids=lambda tls: tls["mode"],
)
def test_another_kind_of_certificate_leaves_the_hubs_alone(config: dict, tls: dict) -> None:
    config = {**config, "domain": "hub.example.org"}
    mine = record({**config, "tls": {"mode": "files", "listen": "127.0.0.1", **own_certificate()}})
    other = record({**config, "tls": {"listen": "127.0.0.1", **tls}})
    changed = differing(mine, other) - {"cyberhubs-local"}
    assert changed <= {"door-reload", "door-certificate", "door-root-certificate"}


def test_a_renewed_certificate_is_a_reload(config: dict[str, Any]) -> None:
    config = {**config, "domain": "hub.example.org"}
    tls = {"mode": "files", "listen": "127.0.0.1"}
    first, second = (record({**config, "tls": {**tls, **own_certificate()}}) for _ in range(2))
    assert differing(first, second) == {"door-certificate", "door-reload"}


def test_a_certificates_key_is_a_secret_everywhere(config: dict[str, Any]) -> None:
    own = own_certificate()
    tls = {"mode": "files", "listen": "127.0.0.1", **own}
    graph = record({**config, "domain": "hub.example.org", "tls": tls})
    line = own["key"].splitlines()[1]
    secret = [text for r in graph.values() for text in secrets_in(r.inputs)]
    assert any(line in text for text in secret)
    assert sum(json.dumps(r.inputs).count(line) for r in graph.values()) == 1


@pytest.fixture
def server() -> dict[str, Any]:
    return config_of(PROJECT / "stacks/Pulumi.server.yaml")


def resources(graph: Graph) -> list[Registered]:
    """Those that stand for something, not for the program's own structure."""
    return [r for r in graph.values() if r.options.custom and not r.type.startswith("pulumi:")]


def test_what_is_on_a_machine_goes_with_it(server: dict[str, Any]) -> None:
    graph = record(server, stack="server")
    machine = next(urn for urn, r in graph.items() if r.name == "host-machine")
    with_it = {r.name for r in resources(graph) if r.options.deletedWith == machine}
    without = {r.name for r in resources(graph)} - with_it
    assert without == {"host-found", "host-installation", "host-machine"}
    assert graph[machine].options.deleteBeforeReplace
    assert "teardown.sh" in graph[machine].inputs["delete"]


def test_what_docker_holds_carries_its_machine(server: dict[str, Any]) -> None:
    own = {"label": "cyberhubs.machine", "value": "stdout of host-installation"}
    held = [
        r
        for r in record(server, stack="server").values()
        if r.type in ("docker:index/container:Container", "docker:index/network:Network")
    ]
    assert len(held) == 5
    assert all(own in r.inputs["labels"] for r in held)
    networks = [r.inputs["options"] for r in held if "options" in r.inputs]
    assert {options["com.docker.network.driver.mtu"] for options in networks} == {"1450"}
    names = [options["com.docker.network.bridge.name"] for options in networks]
    assert len(set(names)) == 2 and all(len(n) <= 15 and n.startswith("ch-") for n in names)


def test_the_way_to_a_machine_is_no_part_of_what_is_on_it(server: dict[str, Any]) -> None:
    moved = copy.deepcopy(server)
    moved["host"]["ssh"] |= {"address": "192.0.2.11", "privateKeyFile": "/srv/other-key"}
    changed = differing(record(server, stack="server"), record(moved, stack="server"))
    # What a summary tells of it, the provider, the output `address`.
    assert changed == {"host", "host-docker", "cyberhubs-server"}


def test_another_host_key_asks_again_which_machine_it_is(server: dict[str, Any]) -> None:
    other = copy.deepcopy(server)
    key = server["host"]["ssh"]["hostKey"].replace("AAAAIBmF", "AAAAICmF")
    other["host"]["ssh"]["hostKey"] = key
    changed = differing(record(server, stack="server"), record(other, stack="server"))
    assert changed == {"host", "host-found", "host-docker"}


def test_a_further_hub_leaves_the_machine_but_its_memory_alone(server: dict[str, Any]) -> None:
    more = copy.deepcopy(server)
    more["hubs"]["astro"] = {**server["hubs"]["core"], "title": "Astro"}
    changed = differing(record(server, stack="server"), record(more, stack="server"))
    assert {n for n in changed if not n.startswith(("astro", "cyberhubs"))} == {"host-limits"}


def test_a_limit_for_the_disk_of_one_hub_keeps_the_members_of_all_in_their_projects(
    server: dict[str, Any],
) -> None:
    """Else those of another hub could write as if they were somebody whose home has it."""
    more, limited = copy.deepcopy(server), copy.deepcopy(server)
    for config in (more, limited):
        config["hubs"]["astro"] = {**server["hubs"]["core"], "title": "Astro"}
    limited["hubs"]["astro"] = {**more["hubs"]["astro"], "limits": {"disk": "10G"}}
    before, after = record(more, stack="server"), record(limited, stack="server")
    assert named(before, "host-disk").inputs["create"].endswith(" no")
    assert named(after, "host-disk").inputs["create"].endswith(" yes")
    for hub in ("core", "astro"):
        assert f"{hub}-files-keep-project" in differing(before, after)
        config = json.loads(named(after, f"{hub}-files-config").inputs["stdin"])
        assert config["keep_project_path"] == f"/mnt/hubs/{hub}/keep-project.py"
        assert config["limits"]["disk_bytes"] == (10 * 2**30 if hub == "astro" else None)


@pytest.fixture
def cloud() -> dict[str, Any]:
    return config_of(PROJECT / "stacks/Pulumi.arbutus.yaml")


def in_cloud(config: dict[str, Any], **host: Any) -> Graph:
    return record({**config, "host": {**config["host"], **host}}, stack="arbutus")


def test_what_outlives_a_machine_of_the_cloud_is_protected(cloud: dict[str, Any]) -> None:
    protected = {r.name for r in in_cloud(cloud).values() if r.options.protect}
    assert protected == {"host-server-volume", "host-server-address"}
    own = in_cloud(
        cloud,
        data={"volumeId": "6c0f1b9e-3f0e-4a3c-9a55-2d0b5b0c9a11"},
        floatingIp={"address": "192.0.2.7"},
    )
    assert not any(r.options.protect for r in own.values())


@pytest.mark.parametrize(
    ("change", "others"),
    [
        ({"image": {"id": "6c0f1b9e-3f0e-4a3c-9a55-2d0b5b0c9a11"}}, {"host-server-image"}),
        ({"image": {"name": "Other"}}, {"host-server-image"}),
        ({"flavor": "p8-30gb"}, {"host-server-flavor"}),
    ],
    ids=["image by id", "image by name", "flavor"],
)
def test_another_image_or_flavor_is_another_machine_alone(
    cloud: dict[str, Any], change: dict, others: set[str]
) -> None:
    changed = differing(in_cloud(cloud), in_cloud(cloud, **change))
    known = {"host-server-instance", "host-server-first-key-made"}
    # The mocks answer look-ups by the resource's name, so another name is no other id here.
    assert changed <= others | known and changed & (others | known)
    instance = next(r for r in in_cloud(cloud).values() if r.name == "host-server-instance")
    assert instance.options.deleteBeforeReplace


def test_another_key_is_another_machine(cloud: dict[str, Any]) -> None:
    ssh = cloud["host"]["ssh"]
    other = {**ssh, "publicKey": ssh["publicKey"].replace("AAAAIBmF", "AAAAICmF")}
    changed = differing(in_cloud(cloud), in_cloud(cloud, ssh=other))
    assert "host-server-instance" in changed
    assert changed <= {"host-server-instance", "host-server-key", "host-server-first-key-made"}


def test_a_larger_volume_grows(cloud: dict[str, Any]) -> None:
    larger = in_cloud(cloud, data={**cloud["host"]["data"], "sizeGb": 600})
    assert differing(in_cloud(cloud), larger) == {"host-server-volume", "host-grow"}


def test_the_security_group_lets_in_what_is_needed(cloud: dict[str, Any]) -> None:
    def opened(graph: Graph) -> set[tuple[int, str]]:
        rules = [r.inputs for r in graph.values() if r.type.endswith(":SecGroupRule")]
        return {
            (int(rule["portRangeMin"]), rule["remoteIpPrefix"])
            for rule in rules
            if rule["direction"] == "ingress"
        }

    def anywhere(*ports: int) -> set[tuple[int, str]]:
        return {(port, network) for port in ports for network in ("0.0.0.0/0", "::/0")}

    assert opened(in_cloud(cloud)) == {(22, "192.0.2.0/24"), *anywhere(80, 443)}
    ssh = {name: value for name, value in cloud["host"]["ssh"].items() if name != "from"}
    assert opened(in_cloud(cloud, ssh=ssh)) == anywhere(22, 80, 443)
    hub = {**cloud["hubs"]["core"], "login": {"kind": "password"}, "access": {"everyone": True}}
    loopback = {"host": cloud["host"], "tls": {"mode": "none"}, "hubs": {"core": hub}}
    assert opened(in_cloud(loopback)) == {(22, "192.0.2.0/24")}
    external = {"mode": "external", "listen": "0.0.0.0", "trustedProxies": ["198.51.100.0/28"]}
    behind = in_cloud({**cloud, "tls": external})
    assert opened(behind) == {(22, "192.0.2.0/24"), (8000, "198.51.100.0/28")}


def test_a_network_of_its_own_leads_out_before_its_address(cloud: dict[str, Any]) -> None:
    graph = in_cloud(cloud, network={"create": True, "externalNetwork": "Public"})
    named = {r.name: urn for urn, r in graph.items()}
    associated = graph[named["host-server-address-of-port"]].options.dependencies
    assert named["host-server-interface"] in associated
    assert named["host-server-subnet"] in graph[named["host-server-port"]].options.dependencies


@pytest.mark.parametrize(
    ("key", "holder"),
    [("host-server-first-key", "host-server-instance"), ("host-key", "host-arrived")],
)
def test_a_host_key_is_a_secret_everywhere(cloud: dict[str, Any], key: str, holder: str) -> None:
    graph = in_cloud(cloud)
    text = f"private of {key}-made"
    plain = [r.name for r in graph.values() if text in json.dumps(r.inputs)]
    secret = [r.name for r in graph.values() if text in json.dumps(secrets_in(r.inputs))]
    assert plain == secret == [holder]
    made = next(r for r in graph.values() if r.name == f"{key}-made")
    assert list(made.options.additionalSecretOutputs) == ["stdout"]


def test_what_is_on_a_machine_of_the_cloud_goes_with_it(cloud: dict[str, Any]) -> None:
    graph = in_cloud(cloud)
    named = {r.name: urn for urn, r in graph.items()}
    machine = named["host-machine"]
    # A machine that does not answer any more stands in nobody's way.
    assert "--leaving" in graph[machine].inputs["interpreter"]
    with_it = {r.name for r in resources(graph) if r.options.deletedWith == machine}
    without = {r.name for r in resources(graph)} - with_it
    assert {name for name in without if not name.startswith("host-server")} == {
        "host-arrived", "host-volume", "host-found", "host-installation", "host-machine",
        "host-key-made", "core-app-check",
    }  # fmt: skip


def test_who_reaches_the_outside_knows_the_proxy(config: dict[str, Any]) -> None:
    """Builds, the hub and the front door; a hub's proxy leads to its servers alone."""
    url = "http://proxy.example.org:3128"
    told: dict[str, set[str]] = {url: set(), "": set()}
    for resource in record({**config, "proxy": {"url": url}}).values():
        if resource.type == "docker:index/container:Container":
            given = f"https_proxy={url}" in resource.inputs.get("envs", [])
        elif "cyberhubs.images.build" in str(resource.inputs.get("create")):
            arguments = json.loads(resource.inputs["stdin"])["arguments"]
            given = arguments.get("https_proxy") == url
        else:
            continue
        told[url if given else ""].add(resource.name)
    builds = {f"images-{name}" for name in ("corehub", "front-door", "multiuser", "proxy")}
    assert told == {url: builds | {"door-caddy", "core-hub"}, "": {"core-proxy"}}


def test_this_machine_is_not_set_up(config: dict[str, Any]) -> None:
    names = {r.name for r in record(config).values() if r.name.startswith("host-")}
    assert names == {"host-docker", "host-data", "host-socket"}
    assert not any(r.options.deletedWith for r in record(config).values())


def test_an_app_of_githubs_is_checked_before_its_hub(config: dict[str, Any]) -> None:
    graph = record(edited(config, login=GITHUB))
    named = {r.name: urn for urn, r in graph.items()}
    assert named["core-app-check"] in graph[named["core-hub"]].options.dependencies
    assert "core-files-password" not in named
    outputs = graph[named["cyberhubs-local"]].inputs["outputs"]
    assert outputs["callbacks"] == {"core": "http://127.0.0.1:8000/core/hub/oauth_callback"}


def test_what_the_lock_has_is_pulled_and_what_differs_is_built(
    config: dict[str, Any], tmp_path: Path
) -> None:
    names = {
        r.name: str(name_of(r.inputs))
        for r in record(config).values()
        if r.name.startswith("images-")
    }
    there = {name: f"a.example:5000/g/{name[10:-13]}@sha256:{'0' * 64}" for name in names.values()}
    moved = names["images-proxy"]
    lock = tmp_path / "images.lock.yaml"
    of_another = {f"{moved[:-12]}{'f' * 12}": there.pop(moved)}
    lock.write_text(json.dumps(there | of_another))
    login = {"a.example:5000": {"user": "ada", "password": "hunter2"}}
    locked = {**config, "images": {"lock": str(lock)}, "registries": login}
    graph = {r.name: r for r in record(locked).values()}
    for name, called in names.items():
        got = graph[name].inputs
        assert (name_of(got), pulled(got)) == (called, there.get(called))
        if called in there:
            assert json.loads(*secrets_in(got["stdin"])) == {
                "username": "ada",
                "password": "hunter2",
            }
        else:
            assert "hunter2" not in json.dumps(got)
    image = graph["core-hub"].inputs["image"]
    assert image == "stdout of images-multiuser"  # no secret, of which a preview shows nothing


def test_what_is_held_is_neither_built_nor_pulled(config: dict[str, Any]) -> None:
    more = {"more": {"image": "a.example/g/more:1"}}
    config = edited(config, applications=["corehub", "more"]) | {"applications": more}
    free = record(config)
    images = {"corehub": f"sha256:{'0' * 64}", "more": "cyberhubs/more:000000000000"}
    for name, image in images.items():
        graph = record({**config, "images": {"held": {name: image}}})
        assert differing(free, graph) == {f"images-{name}"}
        got = next(r.inputs for r in graph.values() if r.name == f"images-{name}")
        assert (held(got), name_of(got), pulled(got)) == (image, None, None)
        assert "stdin" not in got


def test_another_day_of_refresh_builds_all_images_anew(config: dict[str, Any]) -> None:
    def images(**settings: str) -> dict[str, str | None]:
        graph = record({**config, "images": settings}).values()
        return {r.name: name_of(r.inputs) for r in graph if r.name.startswith("images-")}

    first, second, same = (
        images(refreshed=day)
        for day in ("2026-01-31", "2026-02-01", "2026-02-01 00:00:00 +0000 UTC")
    )
    assert all(first[name] != second[name] for name in first)
    assert second == same
    assert all(first[name] != other for name, other in images().items())


def test_what_is_pulled_has_a_name_of_ours_and_is_not_published(config: dict[str, Any]) -> None:
    more = {"more": {"image": "docker.io/g/more"}}
    graph = record(edited(config, applications=["more"]) | {"applications": more})
    got = next(r.inputs for r in graph.values() if r.name == "images-more")
    assert pulled_name("more", "g/more:latest") in got["create"]
    assert name_of(got) is None


def test_another_client_secret_replaces_no_container(config: dict[str, Any]) -> None:
    first, second = (
        record(edited(config, login={**GITHUB, "clientSecret": secret}))
        for secret in ("hunter2-first", "hunter2-second")
    )
    assert differing(first, second) == {"core-app-check", "core-files-client-secret"}
    for resource in first.values():
        plain = json.dumps(resource.inputs).count("hunter2")
        assert plain == json.dumps(secrets_in(resource.inputs)).count("hunter2"), resource.name


def test_teams_of_githubs_are_protected_and_their_members_are_not(config: dict[str, Any]) -> None:
    """Also where names and hyphens could make two members one."""
    teams = {"org:a": {"members": ["b-c", "d"]}, "org:a-b": {"members": ["c", "d"]}}
    graph = record({**config, "teams": teams})
    made = [r for r in graph.values() if r.type.startswith("github:index/")]
    assert {r.inputs["name"]: r.options.protect for r in made if "name" in r.inputs} == {
        "a": True,
        "a-b": True,
    }
    members = [r for r in made if "username" in r.inputs]
    assert sorted(r.inputs["username"] for r in members) == ["b-c", "c", "d", "d"]
    assert not any(r.options.protect for r in members)


def test_the_modules_that_pulumi_runs_are_there() -> None:
    said = json.dumps([resource.inputs for resource in everything()])
    modules = set(re.findall(r"\.venv/bin/python\W+-m\W+([\w.]+)", said))
    assert {"cyberhubs.machine", "cyberhubs.images.build"} < modules
    assert all(find_spec(module) for module in modules)


def test_bad_settings_register_nothing(config: dict[str, Any]) -> None:
    import pulumi

    with pytest.raises(pulumi.RunError, match="memory"):
        record(edited(config, limits={"memory": "2X"}))


def test_a_stack_on_this_machine_waits_for_no_package_that_it_has_no_use_for(
    config: dict[str, Any],
) -> None:
    text = (
        "import json, sys; from tests.unit.recorder import record; "
        "record(json.load(sys.stdin)); print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", text],
        input=json.dumps(config), cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert "pulumi_docker" in loaded
    assert {"docker", "pulumi_openstack", "pulumi_github"} & set(loaded) == set()


def test_a_hub_has_its_data_spaces_once_they_were_looked_at(config: dict[str, Any]) -> None:
    spaces = [{"source": "/mnt/own", "target": "/own", "access": "private"}]
    graph = record(edited(config, data=spaces))
    named = {resource.name: urn for urn, resource in graph.items()}
    assert named["core-files-spaces"] in graph[named["core-hub"]].options.dependencies
    assert "private found 1000:1000 /mnt/own" in graph[named["core-files-spaces"]].inputs["create"]
    moved = record(edited(config, data=[{**spaces[0], "mounted": True}]))
    assert differing(graph, moved) == {"core-files-spaces"}
