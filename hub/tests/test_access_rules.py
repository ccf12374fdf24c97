"""The truth table of the access rules, written out by hand, and the strictness of the parser."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from cyberhubs_hub.shared.access_rules import (
    SMOKE_USER,
    AccessError,
    AccessLists,
    decide,
    is_open,
    normalize,
    normalize_organization,
    parse_time,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
UNTIL = {
    "unset": None,
    "ahead": NOW + timedelta(seconds=1),
    "reached": NOW,
    "past": NOW - timedelta(days=1),
}
EVERYONE = {"unset": None, "true": True, "false": False}
# What the lists hold besides the person in question: names (n), organizations (o), both, none.
FILLED = ("-", "n", "o", "no")

# Is the hub open to anybody with an account? One row for each `everyone` and `openUntil`, one
# column for each of FILLED.
OPEN = """
    everyone openUntil   -    n    o    no
    unset    unset       yes  no   no   no
    unset    ahead       yes  yes  yes  yes
    unset    reached     no   no   no   no
    unset    past        no   no   no   no
    true     unset       yes  yes  yes  yes
    true     ahead       yes  yes  yes  yes
    true     reached     yes  yes  yes  yes
    true     past        yes  yes  yes  yes
    false    unset       no   no   no   no
    false    ahead       no   no   no   no
    false    reached     no   no   no   no
    false    past        no   no   no   no
"""
IS_OPEN = {
    (everyone, until, filled): word == "yes"
    for everyone, until, *words in map(str.split, OPEN.strip().split("\n")[1:])
    for filled, word in zip(FILLED, words, strict=True)
}

# Which lists the person is on -> may they enter an open hub, a closed one, as an admin?
PERSON = {
    # blocked admin allowed member: open   closed admin
    (False, False, False, False): (True, False, False),
    (False, False, False, True): (True, True, False),
    (False, False, True, False): (True, True, False),
    (False, False, True, True): (True, True, False),
    (False, True, False, False): (True, True, True),
    (False, True, False, True): (True, True, True),
    (False, True, True, False): (True, True, True),
    (False, True, True, True): (True, True, True),
    (True, False, False, False): (False, False, False),
    (True, False, False, True): (False, False, False),
    (True, False, True, False): (False, False, False),
    (True, False, True, True): (False, False, False),
    (True, True, False, False): (False, False, False),
    (True, True, False, True): (False, False, False),
    (True, True, True, False): (False, False, False),
    (True, True, True, True): (False, False, False),
}


def test_table_is_complete():
    assert len(IS_OPEN) == len(EVERYONE) * len(UNTIL) * len(FILLED)
    assert len(PERSON) == 2**4


@pytest.mark.parametrize("person", PERSON, ids=str)
@pytest.mark.parametrize(("everyone", "until", "filled"), IS_OPEN)
def test_truth_table(person, everyone, until, filled):
    blocked, admin, allowed, member = person
    lists = AccessLists(
        admins=frozenset({"root-admin", *(["ada"] if admin else [])}),
        allowed=frozenset([*(["grace"] if "n" in filled else []), *(["ada"] if allowed else [])]),
        organizations=frozenset(
            [*(["other"] if "o" in filled else []), *(["club:team"] if member else [])]
        ),
        blocked=frozenset({"mallory", *(["ada"] if blocked else [])}),
        everyone=EVERYONE[everyone],
        open_until=UNTIL[until],
    )
    # Being on a list makes that list non-empty for the question whether the hub is open.
    names = "n" in filled or allowed
    organizations = "o" in filled or member
    column = {(0, 0): "-", (1, 0): "n", (0, 1): "o", (1, 1): "no"}[names, organizations]
    opened = IS_OPEN[everyone, until, column]
    may_if_open, may_if_closed, as_admin = PERSON[person]

    decision = decide(lists, "Ada", ["CLUB:Team", "unrelated"], NOW)

    assert is_open(lists, NOW) is opened
    assert decision.allowed is (may_if_open if opened else may_if_closed)
    assert decision.admin is as_admin
    assert decision.reason.endswith(".")


def test_reported_rules():
    lists = AccessLists(
        admins=frozenset({"ada", "mallory"}),
        allowed=frozenset({"grace"}),
        organizations=frozenset({"club"}),
        blocked=frozenset({"mallory"}),
    )
    members = {"kat": ["club"], "joan": ["club-house", "club:team"]}
    rules = {
        name: decide(lists, name, members.get(name, []), NOW).rule
        for name in ("mallory", "ada", "grace", "kat", "joan", "../x")
    }
    assert rules == {
        "mallory": "blocked",
        "ada": "admins",
        "grace": "allowed",
        "kat": "organizations",
        "joan": "unlisted",
        "../x": "name",
    }
    assert decide(AccessLists(everyone=True), "joan", [], NOW).rule == "everyone"
    assert decide(AccessLists(), "joan", [], NOW).rule == "open"
    ahead = AccessLists(open_until=NOW + timedelta(1))
    assert decide(ahead, "joan", [], NOW).rule == "openUntil"
    over = decide(ahead, "joan", [], NOW + timedelta(2))
    assert over.rule == "unlisted" and "until 2026-11-24" in over.reason


def test_time_zones_compare_as_instants():
    lists = AccessLists(open_until=parse_time("2026-11-23T14:00:00+02:00"))
    assert not is_open(lists, NOW)
    assert is_open(lists, NOW - timedelta(seconds=1))


@pytest.mark.parametrize(
    "name",
    ["ada", "a", "7", "x" * 39, "a-b-c", "old-", "o--ld", "mona_acme"],
)
def test_possible_names(name):
    assert normalize(name.upper()) == name


@pytest.mark.parametrize(
    "name",
    ["", " ", "-a", "x" * 40, "a b", "ada ", "ada\n", "../x", "a/b", "a.b", "a%2e", ".", "_a", "a_",
     "a_b_c", "mona_ac-me", "\u212aat", "ad\u0430", "\uff41da", "ada\x00", SMOKE_USER],
)  # fmt: skip
def test_impossible_names_never_enter(name):
    with pytest.raises(AccessError):
        normalize(name)
    decision = decide(AccessLists(everyone=True), name, [], NOW)
    assert (decision.allowed, decision.admin, decision.rule) == (False, False, "name")


@pytest.mark.parametrize("name", [None, 83, True, ["ada"]])
def test_names_are_text(name):
    with pytest.raises(AccessError):
        normalize(name)


def test_organizations():
    assert normalize_organization("My-Org:Core_Team") == "my-org:core_team"
    for bad in ("", ":team", "org:", "org:a:b", "org/team", "org:a b"):
        with pytest.raises(AccessError):
            normalize_organization(bad)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2026-12-31", "no time zone"),
        ("2026-12-31T00:00:00", "no time zone"),
        ("2026-12-31 00:00:00 +0000 UTC", "not a date"),
        ("next week", "not a date"),
        ("2026-02-30T00:00:00Z", "not a date"),
        (20261231, "not text"),
    ],
)
def test_bad_times(text, says):
    with pytest.raises(AccessError, match=says):
        parse_time(text)


FULL = AccessLists(
    admins=frozenset({"ADA"}),
    allowed=frozenset({"grace", "Katherine"}),
    organizations=frozenset({"Org:Team"}),
    blocked=frozenset({"mallory"}),
    everyone=False,
    open_until=parse_time("2026-12-31T00:00:00Z"),
)


@pytest.mark.parametrize("lists", [AccessLists(), AccessLists(everyone=True), FULL])
def test_text_round_trip(lists):
    assert AccessLists.from_text(lists.to_text()) == lists


def test_text_is_the_contract_and_one_name_a_line():
    assert FULL.to_text() == (
        "admins ada\n"
        "allowed grace\n"
        "allowed katherine\n"
        "organizations org:team\n"
        "blocked mallory\n"
        "everyone false\n"
        "openUntil 2026-12-31T00:00:00+00:00\n"
        "end\n"
    )


def test_every_cut_of_the_file_is_refused():
    text = FULL.to_text()
    for length in range(len(text)):
        with pytest.raises(AccessError):
            AccessLists.from_text(text[:length])


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("admin ada", "'admin ada' is not a line"),
        ("", "'' is not a line"),
        ("end", "'end' is not a line"),
        ("blocked", "'' is not a possible"),
        ("blocked a b", "'a b' is not a possible"),
        ("blocked  a", "' a' is not a possible"),
        ("organizations org:", "does not name a team"),
        ("everyone 1", "everyone is '1'"),
        ("everyone True", "everyone is 'True'"),
        ("everyone true\neveryone false", "'everyone false' is not a line"),
        ("openUntil 2026-12-31T00:00:00", "no time zone"),
        ("openUntil 5", "not a date"),
        ('{"admins": []}', "is not a line"),
    ],
)
def test_malformed_text(line, says):
    with pytest.raises(AccessError, match=says):
        AccessLists.from_text(f"allowed grace\n{line}\nend\n")


def test_a_list_is_checked_when_made():
    with pytest.raises(AccessError):
        AccessLists(open_until=datetime(2026, 1, 1))
    with pytest.raises(AccessError):
        AccessLists(admins=frozenset({"a b"}))


def test_five_thousand_names_are_quick():
    lists = AccessLists(allowed=frozenset(f"member-{n}" for n in range(5000)))
    again = AccessLists.from_text(lists.to_text())
    assert again == lists
    for name in itertools.islice(lists.allowed, 1000):
        assert decide(again, name, [], NOW).allowed
