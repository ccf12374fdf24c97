"""The menu of applications: which there are, and the form to choose from them."""

import json
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

Interface = Literal["lab", "notebook", "choose"]
FIRST_PAGE = {"lab": "/lab", "notebook": "/tree"}
MOST_OPTION = 255  # characters


@dataclass(frozen=True)
class MenuEntry:
    """`image` is an exact one: an id or a digest."""

    name: str
    title: str
    image: str


Menu = dict[str, MenuEntry]


def parse_menu(text: str) -> Menu:
    """applications.json as name → entry, in its order. Raises ValueError."""
    entries = json.loads(text)
    if not isinstance(entries, list):
        raise ValueError("the menu is not a list")
    menu: Menu = {}
    for entry in entries:
        try:
            item = MenuEntry(**entry)
        except TypeError:
            raise ValueError(f"{entry!r} is not an application") from None
        if not all(isinstance(value, str) and value for value in entry.values()):
            raise ValueError(f"{entry!r} has something else than text in it")
        if item.name in menu:
            raise ValueError(f"{item.name} appears twice")
        menu[item.name] = item
    return menu


def start_form(menu: Menu, interface: Interface, last: dict[str, str]) -> str:
    """The inside of the form shown before a start; empty if there is nothing to choose.

    `last` is what the person chose the last time.
    """
    parts = []
    if len(menu) > 1:
        choices = [(entry.name, entry.title) for entry in menu.values()]
        parts.append(_choice("image", "Application", choices, last.get("image")))
    if interface == "choose" and menu:
        choices = [("lab", "JupyterLab"), ("notebook", "Notebook")]
        parts.append(_choice("interface", "Interface", choices, last.get("interface")))
    return "\n".join(parts)


def _choice(key: str, label: str, choices: list[tuple[str, str]], last: str | None) -> str:
    options = "".join(
        f'<option value="{escape(value)}"{" selected" if value == last else ""}>'
        f"{escape(text)}</option>"
        for value, text in choices
    )
    return (
        f'<label for="{key}" class="form-label">{label}</label>'
        f'<select id="{key}" name="{key}" class="form-select form-select-lg mb-3">'
        f"{options}</select>"
    )


def read_form(form: dict[str, list[str]]) -> dict[str, str]:
    """What the form said, as user options."""
    return known_options({key: values[0] for key, values in form.items() if values})


def known_options(sent: dict[str, Any]) -> dict[str, str]:
    """Of the options of a start, which may come from anywhere, those that there are."""
    return {
        key: value
        for key in ("image", "interface")
        if isinstance(value := sent.get(key), str) and len(value) <= MOST_OPTION
    }
