"""The floors of the house: what may import what, read from the code itself."""

import ast
import re
import sys
from graphlib import TopologicalSorter
from pathlib import Path

from tests.unit.recorder import PROJECT

# Part → the parts that it may import. A part is the longest of these that a module's name starts with.
MAY_IMPORT = {
    "cyberhubs_hub.shared": set(),
    "cyberhubs_hub": {"cyberhubs_hub.shared"},
    "cyberhubs": {"cyberhubs_hub.shared"},
    "cyberhubs.images": {"cyberhubs", "cyberhubs_hub.shared"},
    "cyberhubs.settings": {"cyberhubs", "cyberhubs.images", "cyberhubs_hub.shared"},
    "cyberhubs.machine": {"cyberhubs", "cyberhubs.settings", "cyberhubs_hub.shared"},
    "cyberhubs.cloud": {"cyberhubs"},
    "cyberhubs.caddyfile": {"cyberhubs", "cyberhubs.settings", "cyberhubs_hub.shared"},
    "cyberhubs.workflows": {"cyberhubs"},
    "cyberhubs.changes": {
        *("cyberhubs", "cyberhubs.images", "cyberhubs.settings", "cyberhubs.machine"),
        "cyberhubs_hub.shared",
    },
    "cyberhubs.migrate": {"cyberhubs", "cyberhubs.settings", "cyberhubs_hub.shared"},
    "cyberhubs.ops": {
        *("cyberhubs", "cyberhubs.images", "cyberhubs.settings", "cyberhubs.machine"),
        *("cyberhubs.cloud", "cyberhubs.changes", "cyberhubs.migrate"),
        *("policy", "cyberhubs_hub.shared"),
    },
    "policy": {
        *("cyberhubs", "cyberhubs.images", "cyberhubs.settings", "cyberhubs.machine"),
        *("cyberhubs.changes", "cyberhubs_hub.shared"),
    },
    "components": {
        *("cyberhubs", "cyberhubs.images", "cyberhubs.settings", "cyberhubs.machine"),
        *("cyberhubs.caddyfile", "cyberhubs_hub.shared"),
    },
    "__main__": {"components"},
    "install": {"cyberhubs"},
    "offline": {"cyberhubs", "install"},
}
MOST_LINES = 300


def module(path: Path) -> str:
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(part for part in parts if part not in ("hub", "__init__"))


FILES = {
    module(path): path
    for folder in ("cyberhubs", "components", "policy", "install", "offline", "hub/cyberhubs_hub")
    for path in (PROJECT / folder).rglob("*.py")
} | {"__main__": PROJECT / "__main__.py"}


def imported(name: str) -> set[str]:
    """Modules of the house that one imports, also inside of functions."""
    path, found = FILES[name], set()
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            source = ".".join([*base, *(node.module or "").split(".")]).rstrip(".")
            found |= {
                f"{source}.{alias.name}" if f"{source}.{alias.name}" in FILES else source
                for alias in node.names
            }
    return found & FILES.keys()


def part(name: str) -> str:
    return max((one for one in MAY_IMPORT if f"{name}.".startswith(f"{one}.")), key=len)


def test_a_module_imports_of_lower_floors_alone() -> None:
    upwards = [
        (name, other)
        for name in sorted(FILES)
        for other in sorted(imported(name))
        if part(other) not in MAY_IMPORT[part(name)] | {part(name)}
    ]
    assert upwards == []


def test_what_the_hub_shares_needs_the_standard_library_only() -> None:
    for name in FILES:
        if part(name) == "cyberhubs_hub.shared":
            packages = set(re.findall(r"^(?:from|import) (\w+)", FILES[name].read_text(), re.M))
            assert packages <= {*sys.stdlib_module_names, "cyberhubs_hub"}, name


def test_tests_of_the_program_import_nothing_else_of_the_hub() -> None:
    files = [path for top in ("tests", "benchmarks") for path in (PROJECT / top).rglob("*.py")]
    hidden = re.compile(r"^(?:from|import) cyberhubs_hub(?!\.shared)", re.M)
    assert [path for path in files if hidden.search(path.read_text())] == []


def test_no_circle() -> None:
    assert list(TopologicalSorter({name: imported(name) for name in FILES}).static_order())


def test_files_are_short() -> None:
    lines = {name: len(path.read_text().splitlines()) for name, path in FILES.items()}
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}
