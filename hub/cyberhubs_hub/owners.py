"""Whose the homes are: a name at GitHub may become somebody else's, the number of an account never."""

from pathlib import Path

# Beside the homes, so that they go where homes go and survive a lost database. No home is named so.
DIRECTORY = ".owners"


class Owners:
    """Of the homes in a directory: a file for each name, with the number of the account that had it first."""

    def __init__(self, homes: Path) -> None:
        self._directory = homes / DIRECTORY

    def number_of(self, name: str) -> int | None:
        """Raises OSError or ValueError for a record that cannot be read."""
        try:
            return int((self._directory / name).read_text())
        except FileNotFoundError:
            return None

    def name_of(self, number: int) -> str | None:
        """Raises as `number_of`."""
        if not self._directory.exists():
            return None
        names = (file.name for file in self._directory.iterdir() if file.name[0] != ".")
        return next((name for name in names if self.number_of(name) == number), None)

    def keep(self, name: str, number: int) -> None:
        """Whole or not at all. Raises OSError."""
        self._directory.mkdir(mode=0o700, exist_ok=True)
        new = self._directory / f".{name}"
        new.write_text(f"{number}\n")
        new.replace(self._directory / name)

    def move(self, old: str, new: str) -> None:
        (self._directory / old).replace(self._directory / new)
