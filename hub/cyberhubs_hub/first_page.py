"""What JupyterLab loads first, and is the same for all members of an application: kept where the front door serves it
itself, so that a browser has it before the member's server runs, and no server is asked for it by a whole class."""

import gzip
import json
import re
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

CONFIG = re.compile(r'<script id="jupyter-config-data" [^>]*>(.*?)</script>', re.DOTALL)
MAIN = re.compile(r'<script [^>]*src="[^"]*/(static/lab/main\.[^"]+)"')
# In main, as bundlers write it: the number of the part that is most of JupyterLab, and the hash of its content.
CORE = re.compile(r'(\d+)===\w+\?"jlab_core"')
# With a hash of its content, so that one of this name is the same wherever it comes from. The door knows no other.
KEPT = re.compile(
    r"(static/lab|lab/extensions(/@?\w[\w.-]*){1,2}/static)/\w[\w.-]*\.[0-9a-f]{16,}\.js"
)


class FirstPages:
    """Of the applications of a hub, in a directory that the front door sees too."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._index = directory / "index.json"

    def of(self, image: str) -> list[str]:
        """What to load for a server of this image: paths below the server's own. None if it is not known."""
        return self._read().get(image, [])

    async def keep(self, image: str, read: Callable[[str], Awaitable[bytes]]) -> None:
        """What a server of this image shows: `read` asks it. Raises what `read` does, and OSError."""
        page = (await read("lab")).decode()
        config = CONFIG.search(page)
        entries = json.loads(config[1]).get("federated_extensions", []) if config else []
        paths = [f"lab/extensions/{entry['name']}/{entry['load']}" for entry in entries]
        if main := MAIN.search(page):
            program = (await read(main[1])).decode()
            paths = [main[1], *_core(program), *paths]
        paths = [path for path in paths if KEPT.fullmatch(path.partition("?")[0])]
        for path in paths:
            file, content = self._file(path), await read(path)
            file.parent.mkdir(parents=True, exist_ok=True)
            _put(_compressed(file), gzip.compress(content))
            _put(file, content)
        self._write({**self._read(), image: paths})

    def keep_only(self, images: Iterable[str]) -> None:
        """Forgets those of all others. Raises OSError."""
        named = set(images)
        pages = {image: paths for image, paths in self._read().items() if image in named}
        self._write(pages)
        ours = {self._file(path) for paths in pages.values() for path in paths}
        for file in [*self._directory.rglob("*.js")]:
            if file not in ours:
                file.unlink()
                _compressed(file).unlink(missing_ok=True)

    def _file(self, path: str) -> Path:
        return self._directory / path.partition("?")[0]

    def _read(self) -> dict[str, list[str]]:
        try:
            return json.loads(self._index.read_text())
        except (OSError, ValueError):
            return {}  # none yet

    def _write(self, pages: dict[str, list[str]]) -> None:
        _put(self._index, json.dumps(pages, indent=1).encode())


def _compressed(file: Path) -> Path:
    return file.with_name(f"{file.name}.gz")


def _put(file: Path, content: bytes) -> None:
    """Whole, or not at all."""
    new = file.with_name(f"{file.name}.new")
    new.write_bytes(content)
    new.replace(file)


def _core(program: str) -> list[str]:
    """By JupyterLab's main program."""
    number = CORE.search(program)
    hash_ = number and re.search(rf'\b{number[1]}:"(\w+)"', program)
    return [f"static/lab/jlab_core.{hash_[1]}.js?v={hash_[1]}"] if hash_ else []
