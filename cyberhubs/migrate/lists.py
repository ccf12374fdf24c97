"""Files of names, one a line."""

from dataclasses import dataclass
from pathlib import Path

from cyberhubs.migrate.files import Folder


@dataclass(frozen=True)
class NameList:
    """`read`: whether the file is known, which one that is not there is. `empty`: holds nothing at all."""

    names: list[str]
    empty: bool
    read: bool


def names_in(files: Folder, path: Path) -> NameList:
    noted = len(files.left)
    text = files.text(path)
    if text is None:
        known = len(files.left) == noted
        return NameList([], known, known)
    lines = [line.partition("#")[0].strip() for line in text.split("\n")]
    if "#" in text:
        files.note(
            f"`{files.show(path)}` has comments.",
            "They stay behind. The old hub took each for a name, which nobody has.",
        )
    return NameList([line for line in lines if line], not text, True)
