"""Which images go: the rule, over records of engines with several stacks, upgrades and bases."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cyberhubs_hub.shared import pruning
from cyberhubs_hub.shared.images import last_tried, left_name, pulled_name, read_tried, tried_name
from cyberhubs_hub.shared.pruning import Image, look, ours, unneeded

NOW = datetime(2027, 1, 31, tzinfo=UTC)
STACKS, APPLICATIONS = ("mine", "other"), ("corehub", "stars")


def engines() -> Iterator[tuple[list[Image], set[str], datetime]]:
    """Images in an order that means nothing, what is needed of them, and before when they have to be."""
    for seed in range(300):
        dice = random.Random(seed)
        images = []
        for number in range(dice.randrange(1, 12)):
            names = [f"cyberhubs/{dice.choice(APPLICATIONS)}:{number:012x}"]
            for _ in range(dice.choice((0, 1, 1, 2))):
                at = NOW - timedelta(hours=dice.randrange(2000))
                names.append(tried_name(dice.choice(STACKS), dice.choice(APPLICATIONS), at))
            if dice.random() < 0.2:
                names = []  # left by a build
            below = dice.choice(images).layers if images and dice.random() < 0.5 else ("base",)
            since = NOW - timedelta(hours=dice.randrange(2000))
            images.append(Image(f"sha256:{number}", tuple(names), (*below, f"{number}"), since))
        dice.shuffle(images)
        needed = {image.id for image in images if dice.random() < 0.2}
        yield images, needed, NOW - timedelta(hours=dice.choice((0, 1, 168)))


def test_nothing_that_something_holds_goes() -> None:
    removed = 0
    for images, needed, before in engines():
        gone = unneeded(images, needed, before)
        removed += len(gone)
        left = [image for image in images if image not in gone]
        for image in gone:
            assert image.id not in needed
            assert image.since < before
            # Whatever is kept still has all its layers by itself.
            assert all(image.layers != one.layers[: len(image.layers)] for one in left if one.names)
        tried = last_tried((image.id, image.names) for image in images)
        still = last_tried((image.id, image.names) for image in left)
        for key, of in tried.items():
            assert [*still[key]][:2] == [*of][:2], "the last two of each application of each stack"
    assert removed > 100


def test_all_else_goes() -> None:
    for images, needed, before in engines():
        gone = unneeded(images, needed, before)
        left = [image for image in images if image not in gone]
        tried = last_tried((image.id, image.names) for image in images)
        last = {id for of in tried.values() for id in [*of][:2]}
        for image in left:
            base = any(
                one.layers[: len(image.layers)] == image.layers for one in left if one != image
            )
            assert image.id in needed | last or image.since >= before or base
        assert unneeded(left, needed, before) == [], "a second time changes nothing"


def test_an_order_of_the_engine_changes_nothing() -> None:
    for images, needed, before in engines():
        first = {image.id for image in unneeded(images, needed, before)}
        assert {image.id for image in unneeded(images[::-1], needed, before)} == first


PULLED = pulled_name("pangeo", "quay.io/g/pangeo:1")


@pytest.mark.parametrize(
    ("names", "is_ours"),
    [
        (["cyberhubs/corehub:0123456789ab"], True),
        ([tried_name("mine", "corehub", NOW)], True),
        (["cyberhubs/corehub:0123456789ab", "keep:this"], False),
        (["quay.io/g/pangeo:1"], False),
        ([PULLED, "quay.io/g/pangeo:1"], True),
        ([PULLED, "quay.io/g/pangeo:1", "quay.io/g/pangeo:2"], False),
        (["cyberhubs-base:trixie"], False),
        ([], False),
    ],
)
def test_ours_is_what_nobody_else_has_named(names: list[str], is_ours: bool) -> None:
    assert ours(names) is is_ours


class GoneError(Exception):
    status_code = 404


class Engine:
    """Of which an image goes between the list and the look, and a hub has never had a menu."""

    def images(self) -> list[dict[str, Any]]:
        return [
            {"Id": "sha256:gone", "RepoTags": ["cyberhubs/corehub:1"], "Labels": None},
            {"Id": "sha256:base", "RepoTags": ["debian:13"], "Labels": None},
        ]

    def inspect_image(self, id: str) -> dict[str, Any]:
        assert id == "sha256:gone"
        raise GoneError

    def containers(self, all: bool) -> list[dict[str, Any]]:
        return [{"Id": "1", "ImageID": "sha256:hub", "Labels": {"cyberhubs.role": "hub"}}]

    def get_archive(self, container: str, path: str) -> None:
        raise GoneError


def test_what_goes_meanwhile_is_no_error() -> None:
    assert look(Engine()) == []
    assert pruning.needed(Engine()) == {"sha256:hub"}


def test_a_menu_that_cannot_be_read_is_one() -> None:
    class Broken(Engine):
        def get_archive(self, container: str, path: str) -> None:
            raise OSError

    with pytest.raises(OSError):
        pruning.needed(Broken())


def test_an_image_says_of_which_applications_it_is() -> None:
    name = tried_name("mine", "stars", NOW)
    assert read_tried(name)
    left = left_name("cyberhubs/stars:0123456789ab", "ba9876543210")
    assert (left, Image("1", (left,), (), NOW).applications) == (
        "cyberhubs/left:stars.ba9876543210",
        [],
    )
    assert Image("1", (name, left, "cyberhubs/corehub:1", "x:1"), (), NOW).applications == [
        "corehub",
        "stars",
    ]
