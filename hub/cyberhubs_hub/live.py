"""Files of the live directory: replaced while the hub runs, read when they are needed."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")

log = logging.getLogger("jupyterhub.live")


class LiveFile(Generic[T]):
    """The parsed content of a file, read again whenever the file on disk is another.

    `value` is what the last good file said (None if there never was one) and `problem` why the
    present one cannot be used (None if it can). With `copy`, the last good text is kept there
    too, so that a hub which starts beside a broken file still has it.
    """

    def __init__(self, path: Path, parse: Callable[[str], T], copy: Path | None = None) -> None:
        """`parse` raises ValueError for text that it does not accept."""
        self.path = path
        self.value: T | None = None
        self.problem: str | None = None
        self._parse = parse
        self._copy = copy
        self._seen: object = None
        if copy and copy.exists():
            try:
                self.value = parse(copy.read_text())
            except (OSError, ValueError) as error:
                log.warning("%s cannot be used as the last good copy: %s", copy, error)

    def refresh(self) -> "LiveFile[T]":
        """Looks at the file; cheap while it stays the same. Never raises."""
        try:
            stat = self.path.stat()
            mark = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            if mark == self._seen:
                return self
            text = self.path.read_text()
            self.value = self._parse(text)
        except (OSError, ValueError) as error:
            self._seen = None
            self._set_problem(str(error))
        else:
            self._seen = mark
            self._set_problem(None)
            self._keep(text)
        return self

    def _set_problem(self, problem: str | None) -> None:
        if problem != self.problem:
            if problem:
                log.error(
                    "%s cannot be used, the last good one stays in effect: %s", self.path, problem
                )
            else:
                log.warning("%s is good again", self.path)
        self.problem = problem

    def _keep(self, text: str) -> None:
        if self._copy:
            try:
                new = self._copy.with_suffix(".new")
                new.write_text(text)
                new.replace(self._copy)
            except OSError as error:
                log.warning("No last good copy of %s kept: %s", self.path, error)
