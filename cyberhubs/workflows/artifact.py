"""What another run has uploaded. It may be a stranger's: nothing of it is written to the disk, run, or taken at its word."""

import io
import re
import zipfile

from cyberhubs.errors import UserError
from cyberhubs.workflows.api import Repository

MOST_BYTES = 1 << 20  # packed, and of each file in it
MOST_FILES = 100
NAME = re.compile(r"[A-Za-z0-9_-]+\.md|number")


def artifact(repository: Repository, run: str, name: str) -> dict[str, str] | None:
    """Its files; None if that run has none of this name. Raises UserError for one that is not as ours are."""
    found = repository.call("GET", f"actions/runs/{int(run)}/artifacts?name={name}&per_page=100")
    ids = [one["id"] for one in found["artifacts"] if one["name"] == name and not one["expired"]]
    if not ids:
        return None
    packed = repository.download(f"actions/artifacts/{max(ids)}/zip", MOST_BYTES)
    try:
        return _files(packed)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise UserError(f"The artifact {name} cannot be read: {error}") from None


def _files(packed: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        names = archive.namelist()
        if len(names) > MOST_FILES or not all(map(NAME.fullmatch, names)):
            raise UserError("The artifact has other files than `make` writes: nothing was said.")
        return {name: _text(archive, name) for name in sorted(names)}


def _text(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as file:
        content = file.read(MOST_BYTES + 1)  # whatever its header says
    if len(content) > MOST_BYTES:
        raise UserError(
            f"{name} of the artifact has more than {MOST_BYTES} bytes: nothing was said."
        )
    return content.decode(errors="replace")
