"""The registries of which a build gets the logins."""

import json
from pathlib import Path
from typing import Any

import pytest

from cyberhubs.registry_names import DOCKER_HUB, registries_of
from tests.support.stack_values import changed
from tests.unit.recorder import record, unwrapped


@pytest.mark.parametrize(
    ("dockerfile", "found"),
    [
        ("FROM a.example/g/base:1\nRUN true", {"a.example"}),
        ("from --platform=linux/amd64 a.example:5000/base AS built", {"a.example:5000"}),
        ("FROM debian:trixie", {DOCKER_HUB}),
        ("FROM jupyter/base", {DOCKER_HUB}),
        ('ARG ONE="a.example/base"\nFROM $ONE', {"a.example", DOCKER_HUB}),
        ("ARG BASE_IMAGE\nFROM ${BASE_IMAGE}", {"c.example"}),
        ("FROM a.example/x\nCOPY --chown=0:0 --from=b.example/y /a /b", {"a.example", "b.example"}),
        ("FROM a.example/x\nRUN echo FROM b.example/y\n# FROM b.example/y", {"a.example"}),
    ],
)
def test_what_a_dockerfile_takes_images_from(dockerfile: str, found: set[str]) -> None:
    assert registries_of(dockerfile, {"BASE_IMAGE": "c.example/base@sha256:0"}) == found


def logins(stack: dict[str, Any]) -> dict[str, set[str]]:
    """Of each image that is built: the registries for which it gets one."""
    found = {}
    for one in record(stack).values():
        if one.name.startswith("images-"):
            given = one.inputs["stdin"]
            found[one.name.removeprefix("images-")] = set(json.loads(unwrapped(given))["logins"])
            assert "hunter2" not in given  # but as a secret
    return found


def test_a_build_gets_the_logins_of_what_it_begins_with(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a.example/base\n")
    login = {"user": "ada", "password": "hunter2"}
    stack = changed(
        (("applications",), {"mine": {"build": str(tmp_path)}}),
        (("hubs", "core", "applications"), ["corehub", "mine"]),
        (("registries",), {"a.example": login, "b.example": login}),
    )
    assert logins(stack) == {
        "multiuser": set(),
        "proxy": set(),
        "front-door": set(),
        "corehub": set(),
        "mine": {"a.example"},
    }
    on_another_base = changed(
        (("images",), {"base": "b.example/debian:13"}), (("registries",), {"b.example": login})
    )
    assert set(map(frozenset, logins(on_another_base).values())) == {frozenset({"b.example"})}
