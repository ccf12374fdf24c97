"""What the documentation names exists: pages, headings, files, make targets, keys; and all that exists is in it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from mkdocs.commands.build import build
from mkdocs.config import load_config

from cyberhubs.ops.__main__ import COMMANDS
from cyberhubs.settings import reference, schema

PROJECT = Path(__file__).parents[2]
GUIDES = [PROJECT / "README.md", PROJECT / "examples/README.md", *PROJECT.glob("docs/**/*.md")]
PAGES = sorted({*GUIDES, *PROJECT.glob("*.md"), *PROJECT.glob("*/README.md")})
OTHERS = [
    PROJECT / "Makefile",
    *(
        file
        for folder in ("stacks", "examples", ".github")
        for file in PROJECT.glob(f"{folder}/**/*.y*ml")
    ),
]
NAMES = {"config", "encryptionsalt", "file", "secure"}  # of keys that no model has

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
guides = pytest.mark.parametrize("page", GUIDES, ids=lambda page: str(page.relative_to(PROJECT)))


def without_code(text: str) -> str:
    return re.sub(r"`[^`\n]+`", "", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))


def spans(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))


def blocks(text: str, language: str = "") -> list[str]:
    return re.findall(rf"^```{language}[a-z]*\n(.*?)^```", text, re.M | re.S)


def anchors(page: Path) -> set[str]:
    """As GitHub and the site make them of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    return {re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-") for title in headings}


def targets() -> dict[str, bool]:
    """Of the Makefile, and whether `make help` lists it."""
    lines = re.findall(r"^([a-z-]+):(.*)$", (PROJECT / "Makefile").read_text(), re.M)
    return {name: "## " in rest for name, rest in lines}


@pages
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text())):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), link
        assert not anchor or anchor in anchors(there), link


@pytest.mark.parametrize("file", [*PAGES, *OTHERS], ids=lambda file: str(file.relative_to(PROJECT)))
def test_paths_that_are_named_exist(file: Path) -> None:
    text = file.read_text()
    if file in PAGES:
        text = " ".join((*spans(text), *blocks(text)))
    roots = "cyberhubs|components|docs|examples|hub|images|offline|requirements|schema|stacks|tests"
    for path in re.findall(rf"(?<![\w./~>-])(?:{roots})/[\w./<>*-]+", text):
        made_up = re.search("[<*]|NAME|myhub|mine", path)
        assert made_up or (PROJECT / path.rstrip(".")).exists(), path


@pages
def test_make_has_the_targets(page: Path) -> None:
    text = page.read_text()
    for code in (*spans(text), *blocks(text)):
        for words in re.findall(r"\bmake((?: +(?:-s|[A-Z]+=\S+|[a-z][a-z-]*))+)", code):
            named = {word for word in words.split() if re.fullmatch("[a-z][a-z-]*", word)}
            assert named <= targets().keys(), code


@guides
def test_the_stack_file_has_the_keys(page: Path) -> None:
    validator = jsonschema.Draft202012Validator(_lenient(schema.schema()))
    for block in blocks(page.read_text(), "yaml"):
        content = yaml.safe_load(block)
        if "config" not in content:
            of_a_hub = not any(key.startswith("cyberhubs:") for key in content)
            content = {"cyberhubs:hubs": {"core": content}} if of_a_hub else content
            content = {"config": content}
        validator.validate(content)


@guides
def test_keys_named_in_passing_exist(page: Path) -> None:
    known = set(_known(schema.schema())) | NAMES
    for span in spans(page.read_text()):
        if path := re.fullmatch(r"cyberhubs:([A-Za-z.]+)", span):
            assert set(path[1].split(".")) <= known, span
        elif re.match(r"[a-z][A-Za-z]+:( |$)", span):
            assert set(_keys(yaml.safe_load(span))) <= known, span


def test_the_reference_is_current() -> None:
    written = reference.FILE.read_text(encoding="utf-8")
    assert written == reference.text(), "run: .venv/bin/python -m cyberhubs.settings.reference"


def test_the_reference_has_every_key() -> None:
    cells = re.findall(r"^\| `([^`]+)`", reference.text(), re.M)
    named = {key for cell in cells for key in cell.replace("[]", "").split(".")}
    headed = set(re.findall(r"^## `cyberhubs:(\w+)`", reference.text(), re.M))
    chosen = set(re.findall(r"with `(\w+): \w+`", reference.text()))
    assert set(_known(schema.schema())) - named - headed - chosen == set()


def test_every_command_is_described() -> None:
    page = (PROJECT / "docs/reference/commands.md").read_text()
    described = set(re.findall(r"^\| `make ([a-z-]+)", page, re.M))
    assert described >= COMMANDS.keys()
    assert described == {name for name, listed in targets().items() if listed} - {"help"}


def test_the_site_builds(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    build(load_config(str(PROJECT / "mkdocs.yml"), site_dir=str(tmp_path), strict=True))
    assert (tmp_path / "reference/stack-file.html").exists()
    assert [r.message for r in caplog.records if r.levelname in ("WARNING", "ERROR")] == []


def _lenient(part: Any) -> Any:
    """The schema for a piece of a stack file, which leaves out what is required."""
    if isinstance(part, list):
        return [_lenient(item) for item in part]
    if not isinstance(part, dict):
        return part
    renamed = {"anyOf" if key == "oneOf" else key: value for key, value in part.items()}
    return {key: _lenient(value) for key, value in renamed.items() if key != "required"}


def _known(part: Any) -> Iterator[str]:
    """Names of all keys of a schema."""
    for key, value in part.items() if isinstance(part, dict) else ():
        if key == "properties":
            yield from (name.removeprefix("cyberhubs:") for name in value if name not in NAMES)
        yield from _known(value)
    for item in part if isinstance(part, list) else ():
        yield from _known(item)


def _keys(value: Any) -> Iterator[str]:
    """Keys of a mapping and of those in it, but for names that the operator chooses."""
    for key, below in value.items() if isinstance(value, dict) else ():
        if re.fullmatch(r"(cyberhubs:)?[a-z][A-Za-z]+", str(key)):
            yield key.removeprefix("cyberhubs:")
        yield from _keys(below)
