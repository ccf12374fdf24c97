"""The names of images on an engine, which are the record of what each is."""

from datetime import UTC, datetime, timedelta

import pytest
from cyberhubs_hub.shared.images import (
    Tried,
    familiar,
    last_tried,
    pulled_name,
    read_tried,
    tried_name,
)

AT = datetime(2027, 1, 31, 12, tzinfo=UTC)


def test_what_passed_and_when_is_read_from_the_name() -> None:
    name = tried_name("my-hub", "corehub", AT)
    assert name == "cyberhubs/tried:my-hub.corehub.20270131T120000Z"
    assert read_tried(name) == Tried("my-hub", "corehub", AT)


@pytest.mark.parametrize(
    "name",
    [
        *("cyberhubs/corehub:0123456789ab", "cyberhubs/tried:0123456789ab", "debian:13"),
        *("cyberhubs/tried:a.b", "x/cyberhubs/tried:a.b.20270131T120000Z"),
    ],
)
def test_other_names_say_nothing_of_it(name: str) -> None:
    assert read_tried(name) is None


def test_the_order_is_that_of_the_last_trials_and_each_stack_has_its_own() -> None:
    def tried(stack: str, hour: int) -> str:
        return tried_name(stack, "corehub", AT + timedelta(hours=hour))

    found = last_tried(
        [
            ("sha256:first", [tried("mine", 0), tried("mine", 9), "cyberhubs/corehub:1"]),
            ("sha256:second", [tried("mine", 5), tried("other", 7)]),
            ("sha256:third", ["cyberhubs/corehub:3"]),
        ]
    )
    assert [*found["mine", "corehub"]] == ["sha256:first", "sha256:second"]
    assert [*found["other", "corehub"]] == ["sha256:second"]


@pytest.mark.parametrize(
    ("reference", "shown"),
    [
        ("debian", "debian:latest"),
        ("docker.io/library/debian:13", "debian:13"),
        ("docker.io/group/name", "group/name:latest"),
        ("a.example:5000/name", "a.example:5000/name:latest"),
        ("quay.io/g/n:1@sha256:00", "quay.io/g/n:1@sha256:00"),
    ],
)
def test_one_image_has_one_name_however_it_is_asked_for(reference: str, shown: str) -> None:
    assert familiar(reference) == shown
    assert pulled_name("more", reference) == pulled_name("more", shown)
    assert pulled_name("more", reference) != pulled_name("more", "quay.io/g/n:2")
