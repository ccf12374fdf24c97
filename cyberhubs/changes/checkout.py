"""Throw-away copies of the checkout, with stack files that need no passphrase."""

import io
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from cyberhubs.errors import UserError
from cyberhubs.paths import CHECKOUT, VENV, stack_files
from cyberhubs.settings import load_file
from cyberhubs.settings.base import HIDDEN

OF_ENCRYPTION = ("encryptionsalt", "secretsprovider", "encryptedkey")
TEAMS = "cyberhubs:teams"  # of which the provider asks GitHub as soon as it starts


def copy_working_tree(folder: Path) -> None:
    """The checkout as it is, with what is not committed yet; git is not needed."""
    leave = shutil.ignore_patterns(".git", ".venv*", "__pycache__", ".*_cache", "site")
    shutil.copytree(CHECKOUT, folder, symlinks=True, ignore=leave, dirs_exist_ok=True)
    _prepare(folder)


def copy_commit(base: str, folder: Path) -> str:
    """The checkout as it was where this branch left `base`; the commit's short name. Raises UserError for one that
    git does not know."""
    try:
        commit = _git("merge-base", base, "HEAD").decode().strip()
    except UserError as error:
        raise UserError(
            f"Nothing to compare with: git finds no common commit with {base} ({error}). Fetch it with its history "
            "(git fetch --unshallow origin), or name another: make changes BASE=HEAD~1."
        ) from None
    with tarfile.open(fileobj=io.BytesIO(_git("archive", "--format=tar", commit))) as archive:
        archive.extractall(folder, filter="data")
    _prepare(folder)
    return _git("rev-parse", "--short", commit).decode().strip()


def stacks_of(folder: Path) -> dict[str, Path]:
    """The stack files of a copy, by the stack's name."""
    return stack_files(folder / "stacks")


def teams_of(folder: Path, stack: str) -> Mapping[str, Sequence[str]]:
    """The teams that a stack of a copy keeps at GitHub, which its file in the copy no longer says."""
    try:
        return load_file(_original(folder, stack), stack).teams
    except UserError:
        return {}


def _original(folder: Path, stack: str) -> Path:
    """Beside the stack file, since it may name others there."""
    return folder / "stacks" / f"original.{stack}.yaml"


def _git(*words: str) -> bytes:
    command = ["git", "-C", str(CHECKOUT), *words]
    answer = subprocess.run(command, capture_output=True, check=False)
    if answer.returncode:
        raise UserError(answer.stderr.decode(errors="replace").strip() or f"git {words[0]} failed")
    return answer.stdout


def _prepare(folder: Path) -> None:
    (folder / ".venv").symlink_to(VENV.resolve())
    for stack, file in stacks_of(folder).items():
        shutil.copy(file, _original(folder, stack))
        file.write_text(without_secrets(file.read_text()))


def without_secrets(text: str) -> str:
    """A stack file in which every encrypted value is its path after the word for what is secret, and without what
    encrypts and what asks GitHub. One that is no YAML stays as it is: whoever reads it says what is wrong."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        return text
    if not isinstance(root, yaml.MappingNode):
        return text
    edits = list(_edits(root, ()))
    for start, end, put in sorted(edits, reverse=True):
        text = text[:start] + put + text[end:]
    return text


def _edits(node: yaml.Node, path: tuple[str, ...]) -> Iterator[tuple[int, int, str]]:
    """(start, end, text to put there), none inside of another."""
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _edits(item, (*path, str(number)))
    if not isinstance(node, yaml.MappingNode):
        return
    entries = [(key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]
    if [key.value for key, _ in entries] == ["secure"]:
        key, value = entries[0]
        ends = (node, node) if node.flow_style else (key, value)
        name = re.sub(r"[^\w.:-]", "-", ".".join(path[1:]))
        yield ends[0].start_mark.index, ends[1].end_mark.index, f'"{HIDDEN} {name}"'
        return
    for key, value in entries:
        if (not path and key.value in OF_ENCRYPTION) or (
            path == ("config",) and key.value == TEAMS
        ):
            yield key.start_mark.index, value.end_mark.index, ""
        else:
            yield from _edits(value, (*path, key.value))
