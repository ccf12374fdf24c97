"""Images for the Docker engine, of a folder."""

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cyberhubs.errors import UserError
from install import engine
from install.engine_image import STALL_S, EngineImage, stopped


class StandInImage:
    def __init__(self, item: EngineImage) -> None:
        self.name, self.image = item.name, item.image

    def found(self) -> None:
        """It has the name of the vendor's."""


def load(root: Path, image: str, changes: Sequence[str]) -> None:
    """Makes `image` of the files in `root`; `changes` are lines of a Dockerfile."""
    repository, tag = image.rsplit(":", 1)
    with subprocess.Popen(
        ["tar", "-C", root, "--numeric-owner", "-c", "."], stdout=subprocess.PIPE
    ) as tar:
        assert tar.stdout is not None
        stream = tar.stdout

        def blocks() -> Iterator[bytes]:
            while block := stream.read(1 << 20):
                yield block
            if tar.wait() != 0:
                raise UserError(f"tar could not read the new {repository}: run it again.")

        data: Any = blocks()  # which the SDK passes on
        try:
            said = engine.client(STALL_S).api.import_image_from_data(
                data, repository, tag, list(changes)
            )
        except engine.TROUBLE as error:
            raise stopped(f"The import of the new {repository}", engine.why(error)) from error
        if '"error"' in said:
            raise stopped(f"The import of the new {repository}", said.strip())
