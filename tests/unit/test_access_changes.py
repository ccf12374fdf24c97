"""Who gains and who loses access by a change of the lists, in words."""

from datetime import UTC, datetime
from typing import Any

import pytest
from cyberhubs_hub.shared.access_rules import AccessLists

from cyberhubs.changes.people import access_changes

NOW = datetime(2027, 1, 1, tzinfo=UTC)
SOON, PAST = datetime(2027, 2, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
STOPS = "a running server of theirs stops as soon as the update writes the lists"


def lists(**given: Any) -> AccessLists:
    sets = {key: frozenset(value) for key, value in given.items() if isinstance(value, list)}
    return AccessLists(**{**given, **sets})


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"allowed": ["grace"]}, {"allowed": ["grace"]}, []),
        (
            {"allowed": ["grace"]},
            {"allowed": ["grace", "dorothy"], "admins": ["ada"]},
            ["ada gains access (admins, as an admin)", "dorothy gains access (allowed)"],
        ),
        (
            {"allowed": ["grace", "mary"]},
            {"allowed": ["mary"]},
            [f"grace loses access (no longer on allowed); {STOPS}"],
        ),
        (
            {"allowed": ["grace", "mary"]},
            {"allowed": ["grace", "mary"], "blocked": ["grace"]},
            [f"grace loses access (blocked); {STOPS}"],
        ),
        (
            {"allowed": ["grace", "mary"], "organizations": ["org"]},
            {"allowed": ["mary"], "organizations": ["org"]},
            [
                f"grace loses access (no longer on allowed), but as a member of its organizations; {STOPS}"
            ],
        ),
        (
            {"allowed": ["mary"], "organizations": ["org"]},
            {"allowed": ["mary"], "organizations": ["org"], "blocked": ["eve"]},
            [f"eve loses what a membership may have given (blocked); {STOPS}"],
        ),
        (
            {"organizations": ["org"]},
            {"organizations": ["org"], "allowed": ["mary"]},
            ["mary gains access whatever their memberships (allowed)"],
        ),
        (
            {"allowed": ["mary"], "organizations": ["org", "org:team"]},
            {"allowed": ["mary"], "organizations": ["org:team", "other"]},
            [
                "members of other gain access (organizations)",
                f"members of org who are on no other list lose access (organizations); {STOPS}",
            ],
        ),
        # The last name taken away opens the hub, which nobody may mean.
        (
            {"allowed": ["grace"]},
            {},
            [
                "everyone with an account gains access, as no list says any more whom to admit",
            ],
        ),
        (
            {},
            {"allowed": ["grace"]},
            [f"everyone who is on none of its lists loses access; {STOPS}"],
        ),
        (
            {"allowed": ["grace"]},
            {"allowed": ["grace"], "everyone": True},
            ["everyone with an account gains access, by everyone: true"],
        ),
        (
            {"allowed": ["grace"]},
            {"allowed": ["grace"], "open_until": SOON},
            ["everyone with an account gains access until 2027-02-01 00:00 UTC, by openUntil"],
        ),
        ({"allowed": ["grace"]}, {"allowed": ["grace"], "open_until": PAST}, []),
        (
            {"everyone": True},
            {"everyone": True, "blocked": ["eve"]},
            [f"eve loses access (blocked); {STOPS}"],
        ),
        (
            {"everyone": True, "blocked": ["eve"]},
            {"everyone": True},
            ["eve gains access (everyone)"],
        ),
        ({"everyone": True}, {"everyone": True, "allowed": ["grace"]}, []),
        (
            {"admins": ["ada"], "allowed": ["mary"]},
            {"allowed": ["ada", "mary"]},
            ["ada is no admin any more, and still may enter"],
        ),
        (
            {"allowed": ["ada", "mary"]},
            {"allowed": ["mary"], "admins": ["ada"]},
            ["ada becomes an admin: sees and ends others' servers"],
        ),
    ],
)
def test_sentences(old: dict, new: dict, said: list[str]) -> None:
    assert list(access_changes("core", lists(**old), lists(**new), NOW)) == [
        f"core: {sentence}." for sentence in said
    ]


def test_a_class_is_not_listed_name_by_name() -> None:
    names = [f"student{number:04}" for number in range(5000)]
    (said,) = access_changes("core", lists(allowed=["mary"]), lists(allowed=["mary", *names]), NOW)
    assert said.startswith("core: student0000, student0001, ")
    assert said.endswith("student0019 and 4980 more gains access (allowed).")
