"""Each rule: broken by an edit of what a committed stack would create, and by nothing that is committed."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cyberhubs.changes import Resource, Summary, Topic
from cyberhubs.changes.resource import UNKNOWN
from cyberhubs.images import commands
from cyberhubs.ops.rules import judge
from cyberhubs.settings import load_file, waivers
from cyberhubs.settings.base import HIDDEN
from policy import RULES, Severity, check, reference
from tests.support.stack_values import changed, write
from tests.unit.recorder import PROJECT, config_of, record, secrets_in

NAMES = [rule.name for rule in RULES]
DIGEST = f"sha256:{'0' * 64}"
Inputs = Mapping[str, Any]


@cache
def planned(stack: str) -> tuple[Resource, ...]:
    """What a committed stack would create."""
    return planned_of(config_of(PROJECT / f"stacks/Pulumi.{stack}.yaml"), stack)


def planned_of(config: dict[str, Any], stack: str) -> tuple[Resource, ...]:
    """With what is secret or not known yet as the engine shows it."""
    return tuple(
        Resource(
            urn=one.urn,
            type=one.type,
            custom=one.options.custom,
            inputs=_shown(one.inputs),
            uses={},
            replaces=frozenset(),
            protect=one.options.protect,
        )
        for one in record(config, stack=stack).values()
    )


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        if secrets_in(value) and "value" in value:
            return HIDDEN
        return {key: _shown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return UNKNOWN if isinstance(value, str) and value.startswith("stdout of") else value


def edited(
    stack: str, name: str, change: Callable[[dict[str, Any]], None], **other: Any
) -> list[Resource]:
    """With the inputs of one resource changed, or another of its fields."""
    resources = list(planned(stack))
    number = next(number for number, one in enumerate(resources) if one.name == name)
    inputs = json.loads(json.dumps(resources[number].inputs))
    change(inputs)
    resources[number] = replace(resources[number], inputs=inputs, **other)
    return resources


def put(**inputs: Any) -> Callable[[dict[str, Any]], None]:
    return lambda given: given.update(inputs)


def takes(image: str) -> Callable[[dict[str, Any]], None]:
    """Of a build."""
    images = [f"debian@{DIGEST}", image]
    return put(create=commands.build("cyberhubs/corehub:0", "Dockerfile", takes=images))


def held(image: str) -> Callable[[dict[str, Any]], None]:
    """In place of a build."""

    def change(given: dict[str, Any]) -> None:
        del given["stdin"]
        given["create"] = commands.hold("corehub", image)

    return change


def mount(source: str) -> Callable[[dict[str, Any]], None]:
    return lambda given: given.setdefault("mounts", []).append({"source": source, "target": "/x"})


def space(source: str) -> Callable[[dict[str, Any]], None]:
    """A data space, as the settings would refuse it."""

    def change(given: dict[str, Any]) -> None:
        config = json.loads(given["stdin"])
        config["mounts"].append({"source": source, "target": "/x", "read_only": True})
        given["stdin"] = json.dumps(config)

    return change


FIREWALL = "sh cyberhubs/machine/scripts/setup/firewall.sh"
PORTS = [{"internal": 8000, "external": 8000, "ip": "0.0.0.0"}]
ABOUT_SSH = "host-server-in-22-192.0.2.0-24"
# Rule, stack, resource, edit, words of what is found.
BROKEN: list[tuple[str, str, str, Callable[[dict[str, Any]], None], str]] = [
    ("images-pinned", "arbutus", "images-corehub", takes("debian:12"), "debian:12"),
    ("images-pinned", "server", "images-proxy", takes("a.example:5000/b"), "a.example:5000/b"),
    ("images-pinned", "server", "images-corehub", held("a.example/b:1"), "a.example/b:1"),
    ("images-pinned", "server", "core-hub", put(image="jupyterhub/jupyterhub:latest"), "core-hub"),
    ("ssh-restricted", "arbutus", ABOUT_SSH, put(remoteIpPrefix="0.0.0.0/0"), "port 22"),
    ("ssh-restricted", "arbutus", ABOUT_SSH, lambda given: given.pop("remoteIpPrefix"), "port 22"),
    ("ssh-restricted", "server", "host-firewall", put(create=f"{FIREWALL} 22 '' 443"), "port 22"),
    ("ssh-restricted", "server", "host-firewall", put(create=f"{FIREWALL} 5 ::/0 443"), "port 5"),
    ("password-on-loopback", "local", "door-caddy", put(ports=PORTS), "listens on 0.0.0.0:8000"),
    ("password-on-loopback", "server", "door-caddy", put(ports=[{"external": 80}]), "0.0.0.0:80"),
    ("socket-for-hubs-only", "local", "door-caddy", mount("/var/run/docker.sock"), "door-caddy"),
    ("socket-for-hubs-only", "server", "core-proxy", mount("/run/cyberhubs-engine"), "core-proxy"),
    ("socket-for-hubs-only", "server", "core-proxy", mount("/"), "core-proxy has /,"),
    ("socket-for-hubs-only", "local", "core-hub", mount("/run"), "core-hub has /run,"),
    ("socket-for-hubs-only", "local", "core-proxy", mount("/x/docker.sock"), "core-proxy"),
    ("socket-for-hubs-only", "server", "core-files-config", space("/run"), "servers of core"),
    *(
        ("containers-unprivileged", "local", name, put(**inputs), words)
        for name, inputs, words in (
            ("door-caddy", {"privileged": True}, "door-caddy is privileged"),
            ("core-hub", {"capabilities": {"drops": ["ALL"], "adds": ["NET_ADMIN"]}}, "NET_ADMIN"),
            ("core-hub", {"capabilities": None}, "drops: ALL"),
            ("core-hub", {"networkMode": "host"}, "the machine's network namespace"),
            ("core-hub", {"pidMode": "host"}, "the machine's pid namespace"),
            ("core-hub", {"devices": [{"hostPath": "/dev/sda"}]}, "devices"),
            ("core-hub", {"gpus": "all"}, "devices"),
            ("core-hub", {"securityOpts": []}, "no-new-privileges"),
            ("core-hub", {"securityOpts": ["seccomp=unconfined"]}, "seccomp=unconfined"),
            ("core-hub", {"readOnly": False}, "root file system"),
            ("core-hub", {"user": "0:1000"}, "runs as root"),
            ("core-hub", {"user": None}, "runs as root"),
        )
    ),
    *(
        ("secrets-encrypted", "arbutus", "core-hub", put(envs=[f"A={text}"]), f"envs of core-hub {words}")
        for text, words in (
            ("[secret] hubs.core.login.clientSecret", "has hubs.core.login.clientSecret in plain"),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl", "has a private key"),
            (f"ghp_{'a1' * 18}", "has a token of GitHub"),
            (f"github_pat_{'a1' * 20}", "has a token of GitHub"),
            ("http://ada:hunter2@proxy.example.org", "has an address with a password"),
        )
    ),
    ("secrets-encrypted", "local", "core-hub", put(labels=[{"label": "AKIA" + "A" * 16}]), "labels"),
    ("open-hub-stated", "local", "core-files-access", put(stdin="admins ada\nend\n"), "core admits"),
]  # fmt: skip


@pytest.mark.parametrize("stack", ["arbutus", "local", "server"])
def test_a_committed_stack_breaks_none(stack: str) -> None:
    assert [*map(str, check(planned(stack)))] == []


@pytest.mark.parametrize(("rule", "stack", "name", "change", "words"), BROKEN)
def test_an_edit_breaks_a_rule(
    rule: str, stack: str, name: str, change: Callable[[dict[str, Any]], None], words: str
) -> None:
    found = check(edited(stack, name, change))
    mine = [finding for finding in found if finding.rule.name == rule]
    assert [finding for finding in mine if words in finding.text], found
    assert {finding.fails for finding in mine} == {mine[0].rule.severity is Severity.ERROR}


LOGIN = {"b.example": {"user": "ada", "password": "hunter2"}}


@pytest.mark.parametrize(
    ("given", "dockerfile", "found"),
    [
        ({"images": {"base": "debian:12"}}, "FROM ${BASE_IMAGE}", ["debian:12"]),
        ({"images": {"caddy": "caddy:2"}}, "FROM ${BASE_IMAGE}", ["caddy:2"]),
        ({}, "FROM quay.io/jupyter/scipy-notebook", ["quay.io/jupyter/scipy-notebook"]),
        ({"registries": LOGIN}, "FROM b.example/x:1", ["b.example/x:1"]),  # its stdin is secret
        ({}, f"FROM debian@{DIGEST} AS x\nFROM x\nCOPY --from=busybox:1 /a /b", ["busybox:1"]),
        ({}, f"ARG TAG=@{DIGEST}\nFROM debian$TAG AS x\nFROM x\nCOPY --from=x /a /b", []),
    ],
)
def test_the_rule_sees_what_a_build_takes(
    tmp_path: Path, given: dict[str, Any], dockerfile: str, found: list[str]
) -> None:
    (tmp_path / "Dockerfile").write_text(f"ARG BASE_IMAGE\n{dockerfile}\n")
    config = config_of(PROJECT / "stacks/Pulumi.server.yaml")
    config |= {"applications": {"mine": {"build": str(tmp_path)}}, **given}
    config["hubs"]["core"]["applications"] = ["corehub", "mine"]
    resources = planned_of(config, "server")
    assert [finding.text for finding in check(resources) if finding.fails] == [
        f"images come from {image}, a tag that may move" for image in found
    ]
    waived = check(resources, {"images-pinned": "a lab of ours"})
    assert [finding.waived for finding in waived] == ["a lab of ours"] * len(found)


@pytest.mark.parametrize("name", ["host-server-volume", "host-server-address"])
def test_what_lasts_is_protected(name: str) -> None:
    found = check(edited("arbutus", name, put(), protect=False))
    assert [finding.rule.name for finding in found] == ["data-protected"]
    assert name in found[0].text and found[0].fails


def test_every_rule_has_been_broken() -> None:
    assert {*NAMES} == {rule for rule, *_ in BROKEN} | {"data-protected"}


@pytest.mark.parametrize(
    ("stack", "name", "change"),
    [
        ("local", "images-corehub", takes("debian:12")),  # not in production
        ("arbutus", "images-corehub", takes(f"debian:12@{DIGEST}")),
        ("arbutus", "images-corehub", takes("cyberhubs-base:bookworm")),
        ("arbutus", "core-hub", put(image=DIGEST)),
        ("arbutus", "images-corehub", held(DIGEST)),
        ("arbutus", "images-corehub", held("cyberhubs/corehub:000000000000")),
        ("arbutus", "core-files-access", put(stdin="everyone true\nend\n")),
        ("arbutus", "core-files-access", put(stdin="openUntil 2027-01-01T00:00:00+00:00\nend\n")),
        ("arbutus", ABOUT_SSH, put(remoteIpPrefix="198.51.100.0/24")),
        ("arbutus", "core-hub", put(envs=["A=[secret]"])),  # and secret as a whole
        ("arbutus", "core-hub", put(user=UNKNOWN, envs=[UNKNOWN])),
        ("arbutus", "core-hub", mount("/run/cyberhubs-engine")),
    ],
)
def test_what_is_no_breach(stack: str, name: str, change: Callable[[dict[str, Any]], None]) -> None:
    assert [*map(str, check(edited(stack, name, change)))] == []


def test_what_is_found_never_shows_a_secret() -> None:
    found = check(edited("arbutus", "core-hub", put(envs=["http://ada:hunter2@example.org"])))
    assert found and "hunter2" not in "".join(map(str, found))


def test_a_waiver_has_its_reason_shown_and_comes_last() -> None:
    resources = edited("arbutus", "core-hub", put(privileged=True, envs=["[secret] tls.key"]))
    found = check(resources, {"containers-unprivileged": "a lab of ours"})
    assert [finding.fails for finding in found] == [True, False]
    assert str(found[1]) == (
        "core-hub is privileged. (waived: containers-unprivileged, a lab of ours)"
    )


def test_errors_come_before_warnings() -> None:
    both = edited("local", "core-files-access", put(stdin="admins ada\nend\n"))
    hub = next(number for number, one in enumerate(both) if one.name == "core-hub")
    both[hub] = replace(both[hub], inputs={**both[hub].inputs, "privileged": True})
    assert [f.rule.severity for f in check(both)] == [Severity.ERROR, Severity.WARNING]


def test_a_waiver_that_nothing_needs_is_named() -> None:
    summary = Summary()
    assert judge(summary, planned("server"), {"ssh-restricted": "we travel"}) == ()
    assert summary.lines[Topic.RULES] == [
        "ssh-restricted is waived (we travel), and nothing breaks it: take the waiver out."
    ]


def test_the_stack_file_knows_the_rules(tmp_path: Path) -> None:
    assert {*NAMES} == {*waivers.RULES}
    raw = changed((("waivers",), dict.fromkeys(NAMES, "as we say")))
    assert load_file(write(tmp_path, raw), "test").waivers == dict.fromkeys(NAMES, "as we say")


def test_each_rule_is_explained() -> None:
    for rule in RULES:
        assert re.fullmatch(r"[A-Za-z].*\.", rule.says) and re.fullmatch(r"[A-Z].*\.", rule.reason)
        assert not rule.remedy.endswith(".")


def test_the_reference_is_current() -> None:
    written = reference.FILE.read_text(encoding="utf-8")
    assert written == reference.text(), "run: .venv/bin/python -m policy.reference"


def test_a_summary_of_rules_alone() -> None:
    summary = Summary()
    summary.say(Topic.RULES, "core-hub is privileged")
    assert summary.text() == "Nothing changes.\nRules:\n  core-hub is privileged"
    assert summary.markdown() == "Nothing changes.\n\n**Rules**\n\n- core-hub is privileged\n"
