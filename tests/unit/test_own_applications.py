"""Applications of the folder images/, and combinations of them: what is refused, and what they are built on."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cyberhubs.images.commands import name_of
from cyberhubs.paths import CHECKOUT
from cyberhubs.settings import SettingsError, applications, load
from tests.support.stack_values import GOOD, changed
from tests.unit.recorder import Registered, record

LISTS = {"corehub": "", "stars": "from: corehub", "cells": "from: corehub", "sky": "from: stars"}


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three applications that are lists, and one that is a Dockerfile."""
    folder = tmp_path / "images"
    for name, text in LISTS.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "application.yaml").write_text(f"title: {name}\n{text}\n")
        (folder / name / ("requirements.in" if text else "Dockerfile")).write_text("numpy\n")
    monkeypatch.setattr(applications, "FOLDER", folder)
    return folder


@pytest.mark.parametrize(
    ("combine", "number", "says"),
    [
        (["stars", "cels"], 1, "'cels' is not a known application — did you mean cells?"),
        (["stars", "stars"], 1, "stars is there twice — name it once"),
        (["stars", "corehub"], 1, "corehub has a Dockerfile, and only lists of packages can be"),
        (
            ["stars", "pangeo"],
            1,
            "pangeo is an image of its own or a combination; only what consists",
        ),
        (
            ["x", "stars"],
            0,
            "x is an image of its own or a combination; only what consists of lists",
        ),
        (
            ["y", "stars"],
            0,
            "y is an image of its own or a combination; only what consists of lists",
        ),
        (
            ["stars", "sky"],
            1,
            "sky is built on stars, and stars on corehub — name those of one base",
        ),
    ],
    ids=["unknown", "twice", "Dockerfile", "image", "itself", "circle", "two bases"],
)
def test_what_cannot_be_combined(images: Path, combine: list[str], number: int, says: str) -> None:
    of_the_stack = {
        "x": {"combine": combine},
        "y": {"combine": ["x", "cells"]},
        "pangeo": {"image": "quay.io/pangeo/pangeo-notebook:2026.01.21"},
    }
    with pytest.raises(SettingsError) as error:
        load(changed((("applications",), of_the_stack)), "test")
    at = f"cyberhubs:applications.x.combine[{number}]: "
    assert any(p.startswith(at + says) for p in error.value.problems), error.value.problems


def test_what_has_nothing_to_build(images: Path) -> None:
    (images / "sky/requirements.in").unlink()
    with pytest.raises(SettingsError, match="has nothing to build — give a Dockerfile beside it"):
        load(GOOD, "test")


def test_lists_on_no_application(images: Path) -> None:
    (images / "sky/application.yaml").write_text("title: Sky\n")
    with pytest.raises(SettingsError, match=r"or from: and one of requirements.in"):
        load(GOOD, "test")


def builds(stack: dict[str, Any]) -> dict[str, Registered]:
    return {
        r.name.removeprefix("images-"): r
        for r in record(stack).values()
        if r.name.startswith("images-") and "create" in r.inputs
    }


def offering(*names: str, **of_the_stack: Any) -> dict[str, Any]:
    hub = ("hubs", "core", "applications")
    return changed((hub, list(names)), (("applications",), of_the_stack))


OURS = {"multiuser", "proxy", "front-door", "corehub"}


def test_a_family_is_built_where_a_hub_names_it() -> None:
    assert builds(offering("corehub")).keys() == OURS
    assert builds(offering("codehub", "mlhub")).keys() == OURS | {"codehub", "mlhub"}


def test_a_combination_is_built_on_the_first_after_it() -> None:
    found = builds(offering("both", both={"combine": ["astrohub", "mlhub"]}))
    assert found.keys() == OURS | {"astrohub", "astrohub+mlhub"}
    below = None
    for name in ("corehub", "astrohub", "astrohub+mlhub"):
        one = found[name]
        given = json.loads(one.inputs["stdin"])["arguments"]
        assert given.get("FROM_IMAGE") == (below and name_of(below.inputs))
        assert given.get("APPLICATION") == {"astrohub+mlhub": "mlhub"}.get(name, below and name)
        if below:
            assert below.urn in one.options.dependencies
        below = one


def test_what_two_combinations_share_is_built_once() -> None:
    alike = {"combine": ["astrohub", "mlhub"]}
    found = builds(offering("one", "two", one=alike, two=alike))
    assert found.keys() == OURS | {"astrohub", "astrohub+mlhub"}


def locked(application: str) -> dict[str, str]:
    text = (CHECKOUT / "images" / application / "requirements.txt").read_text()
    return dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.M))


@pytest.mark.parametrize("application", ["astrohub", "mlhub"])
def test_a_lock_has_the_versions_of_what_it_is_built_on(application: str) -> None:
    """Otherwise its image is not built."""
    below, own = locked("corehub"), locked(application)
    assert {n: v for n, v in own.items() if n in below} == {n: below[n] for n in own if n in below}
    assert "numpy" in own


def test_a_repository_is_known_by_its_commit() -> None:
    url, names = "https://example.org/group/name", set()
    for commit in ("0" * 39 + "1", "0" * 39 + "2"):
        stack = offering("name", name={"repository": {"url": url, "commit": commit}})
        command = builds(stack)["name"].inputs
        assert command["create"].endswith(f" --repository {url} {commit}")
        names.add(name_of(command))
    assert len(names) == 2
