"""The menu of applications: which there are, and the form to choose from them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

Interface = Literal["lab", "notebook", "choose"]
FIRST_PAGE = {"lab": "/lab", "notebook": "/tree"}
MOST_OPTION = 255  # characters


@dataclass(frozen=True)
class MenuEntry:
    """`image` is an exact one: an id or a digest. `page`: its first, in place of Lab or Notebook. `memory`: what it
    wants, such as 4G."""

    name: str
    title: str
    image: str
    description: str = ""
    page: str = ""
    memory: str = ""


INTERFACES = (MenuEntry("lab", "JupyterLab", "-"), MenuEntry("notebook", "Notebook", "-"))
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
        if not all(isinstance(value, str) for value in entry.values()):
            raise ValueError(f"{entry!r} has something else than text in it")
        if not (item.name and item.title and item.image):
            raise ValueError(f"{entry!r} has no text for its name, title or image")
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
        parts.append(_choice("image", "Application", menu.values(), last.get("image")))
    if interface == "choose" and any(not entry.page for entry in menu.values()):
        parts.append(_choice("interface", "Interface", INTERFACES, last.get("interface")))
    return "\n".join(parts)


def _choice(key: str, label: str, entries: Iterable[MenuEntry], last: str | None) -> str:
    """One of `entries`, the first unless `last` names another: all to be seen at once, on a phone too, and chosen with
    the arrow keys."""
    known = list(entries)
    chosen = last if last in {entry.name for entry in known} else known[0].name
    options = "".join(_option(key, entry, entry.name == chosen) for entry in known)
    return f'<fieldset class="mb-3"><legend class="fs-6">{label}</legend>{options}</fieldset>'


def _option(key: str, entry: MenuEntry, chosen: bool) -> str:
    name = escape(entry.name)
    about = [entry.description, f"Wants {entry.memory} of memory." if entry.memory else ""]
    small = "".join(f'<small class="d-block">{escape(text)}</small>' for text in about if text)
    return (
        f'<div class="form-check border rounded p-3 ps-5 mb-2">'
        f'<input class="form-check-input" type="radio" name="{key}" id="{key}-{name}" value="{name}" required'
        f"{' checked' if chosen else ''}>"
        f'<label class="form-check-label w-100" for="{key}-{name}">{escape(entry.title)}{small}</label></div>'
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
