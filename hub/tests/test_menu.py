import json
import re

import pytest
from cyberhubs_hub.menu import MenuEntry, known_options, parse_menu, read_form, start_form

CORE = {"name": "corehub", "title": "Core hub", "image": "sha256:aa"}
MESA = {"name": "mesahub", "title": "MESA <stars>", "image": "sha256:bb"}


def test_menu_keeps_its_order():
    menu = parse_menu(json.dumps([MESA, CORE]))
    assert list(menu) == ["mesahub", "corehub"]
    assert menu["corehub"] == MenuEntry(**CORE)
    assert parse_menu("[]") == {}


@pytest.mark.parametrize(
    "entries",
    [
        {"corehub": "sha256:aa"},
        [{"name": "corehub"}],
        [{**CORE, "more": "x"}],
        [{**CORE, "image": None}],
        [{**CORE, "image": ""}],
        ["corehub"],
        [CORE, CORE],
    ],
)
def test_another_shape_is_refused(entries: object):
    with pytest.raises(ValueError, match=r"menu|application|text|twice"):
        parse_menu(json.dumps(entries))


def test_nothing_to_choose_no_form():
    assert start_form(parse_menu(json.dumps([CORE])), "lab", {}) == ""
    assert start_form({}, "choose", {}) == ""


def test_form_offers_what_there_is_and_remembers():
    mesa = {**MESA, "description": "Stars, & how they burn", "memory": "4G"}
    form = start_form(
        parse_menu(json.dumps([CORE, mesa])),
        "choose",
        {"image": "mesahub", "interface": "notebook"},
    )
    assert "MESA &lt;stars&gt;" in form
    assert "Stars, &amp; how they burn" in form and "Wants 4G of memory." in form
    assert checked(form) == ["mesahub", "notebook"]
    assert "sha256" not in form
    assert "interface" not in start_form(parse_menu(json.dumps([CORE, mesa])), "lab", {})


def checked(form: str) -> list[str]:
    return re.findall(r'value="([\w-]+)" required checked', form)


def test_without_a_last_choice_the_first_is_chosen():
    menu = parse_menu(json.dumps([MESA, CORE]))
    for last in ({}, {"image": "gone", "interface": "gone"}):
        assert checked(start_form(menu, "choose", last)) == ["mesahub", "lab"]


def test_applications_with_pages_of_their_own_have_no_interface_to_choose():
    with_page = {**CORE, "page": "/code/"}
    assert start_form(parse_menu(json.dumps([with_page])), "choose", {}) == ""
    assert "interface" in start_form(parse_menu(json.dumps([with_page, MESA])), "choose", {})


def test_form_is_read_and_nothing_else_in_it():
    assert read_form({"image": ["corehub"], "_xsrf": ["x"], "cpus": ["9"]}) == {"image": "corehub"}
    assert read_form({"image": []}) == {}


def test_options_are_texts_of_some_length():
    assert known_options({"image": "x" * 255, "interface": "lab", "more": "x"}) == {
        "image": "x" * 255,
        "interface": "lab",
    }
    for value in ("x" * 256, ["lab"], {}, None, 1):
        assert known_options({"interface": value}) == {}
