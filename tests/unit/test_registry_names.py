"""The images that a Dockerfile takes, and the registries of which a build gets the logins."""

import json
from pathlib import Path
from typing import Any

import pytest

from cyberhubs.images.registry_names import DOCKER_HUB, images_of, registry_of
from tests.support.stack_values import changed
from tests.unit.recorder import record, unwrapped


@pytest.mark.parametrize(
    ("dockerfile", "found"),
    [
        ("FROM a.example/g/base:1\nRUN true", ["a.example/g/base:1"]),
        ("from --platform=linux/amd64 a.example:5000/base AS built", ["a.example:5000/base"]),
        ("FROM debian:trixie", ["debian:trixie"]),
        ('ARG ONE="a.example/base"\nFROM $ONE', ["a.example/base"]),
        ("ARG OTHER=1 ONE=a.example/base\nARG TAG=2\nFROM ${ONE}:$TAG", ["a.example/base:2"]),
        ("ARG ONE\nFROM ${ONE:-a.example/base}", ["a.example/base"]),
        ("FROM ${ONE}", ["${ONE}"]),
        ("ARG BASE_IMAGE=debian\nFROM ${BASE_IMAGE}", ["c.example/base@sha256:0"]),
        (
            "FROM a.example/x\nCOPY --chown=0:0 --from=b.example/y /a /b",
            ["a.example/x", "b.example/y"],
        ),
        ("FROM a.example/x\nRUN echo FROM b.example/y\n# FROM b.example/y", ["a.example/x"]),
        ("FROM a.example/x\nRUN echo \\\n  # why\n  FROM b.example/y", ["a.example/x"]),
        ("FROM \\\n  a.example/x \\\n  AS y\nFROM y", ["a.example/x"]),
        ("FROM scratch\nCOPY --from=0 /a /b", []),
        ("FROM debian AS Build\nFROM build AS debian\nCOPY --from=build /a /b", ["debian"]),
        ("FROM a.example/x AS y\nCOPY --from=y /a /b\nFROM debian\nFROM debian", ["a.example/x", "debian"]),
    ],
)  # fmt: skip
def test_what_a_dockerfile_takes(dockerfile: str, found: list[str]) -> None:
    assert images_of(dockerfile, {"BASE_IMAGE": "c.example/base@sha256:0"}) == found


@pytest.mark.parametrize(
    ("image", "registry"),
    [
        ("a.example/g/base:1", "a.example"),
        ("a.example:5000/base", "a.example:5000"),
        ("localhost/base", "localhost"),
        ("debian:trixie", DOCKER_HUB),
        ("jupyter/base", DOCKER_HUB),
    ],
)
def test_where_an_image_is_asked_for(image: str, registry: str) -> None:
    assert registry_of(image) == registry


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
