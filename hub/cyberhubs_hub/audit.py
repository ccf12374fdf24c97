"""Logins, refusals, lost access and what admins did: one JSON line each, for the operator to keep or to
ship.

The hub and its enforcer write to one file; the enforcer alone renames it when it is full.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

MOST_BYTES = 10 * 2**20
KEPT = 5
MOST_TEXT = 200  # characters of a detail, which somebody may have typed

log = logging.getLogger("jupyterhub.audit")


class _File(WatchedFileHandler):
    """Opens the new file after a rename."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            super().emit(record)
        except OSError:  # of that opening
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:
        log.error("Not in the audit log (%s): %s", sys.exc_info()[1], record.getMessage())


class Audit:
    """Appends to `path`, each line at once; what it cannot write goes to the log, and stops nobody."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handler = _File(path, encoding="utf-8", delay=True)

    def write(self, event: str, **details: Any) -> None:
        """`event`: login, refused, lists, removed, admin. A text of `details` is cut to MOST_TEXT."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        shown = {key: v[:MOST_TEXT] if isinstance(v, str) else v for key, v in details.items()}
        line = json.dumps({"time": now, "event": event, **shown}, ensure_ascii=False)
        self._handler.handle(logging.LogRecord("audit", logging.INFO, "", 0, line, None, None))

    def rotate(self) -> None:
        """Renames a full file to PATH.1, that one to PATH.2, and so on."""
        if not self._path.exists() or self._path.stat().st_size < MOST_BYTES:
            return
        for number in range(KEPT - 1, 0, -1):
            if (older := Path(f"{self._path}.{number}")).exists():
                older.replace(f"{self._path}.{number + 1}")
        self._path.replace(f"{self._path}.1")
