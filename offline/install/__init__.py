"""What the installer turns to last, by package registries alone: the one place that knows which item is what here."""

from importlib import import_module

from install.ladder import Item

# An item's class there → its module here, whose `StandIn` is one for it.
MODULES = {
    "Pulumi": "pulumi",
    "Plugin": "plugins",
    "Base": "base",
    "Caddy": "caddy",
    "Gitleaks": "gitleaks",
    "Engine": "engine",
    "Actionlint": "go_tool",
}


def stand_ins(item: Item) -> list[Item]:
    module = MODULES.get(type(item).__name__)
    return [import_module(f"{__name__}.{module}").StandIn(item)] if module else []
