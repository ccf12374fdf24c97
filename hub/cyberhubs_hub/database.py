"""The hub's database on a disk that its members fill: it continues in space reserved for it, and where that
is used up too, an error page says so.

Free pages of its file take what the hub writes, and the journal stays, which SQLite would otherwise
make and remove with each transaction.
"""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine, ExceptionContext

from cyberhubs_hub.failures import FULL

ROOM = 4 * 2**20  # bytes, of the file and of its journal: some thousand logins
_KEEP_JOURNAL = "PRAGMA journal_mode = persist"

log = logging.getLogger("jupyterhub.database")


def keep_room(file: Path) -> None:
    """Reserves ROOM in the database, if the disk has it."""
    try:
        with closing(sqlite3.connect(file)) as database:
            database.execute(_KEEP_JOURNAL)
            database.execute("PRAGMA secure_delete = on")  # so that what goes is in the journal
            database.execute("CREATE TABLE room (content)")
            database.execute("INSERT INTO room VALUES (zeroblob(?))", (ROOM,))
            database.commit()
            database.execute("DROP TABLE room")
            database.commit()
    except sqlite3.Error as error:
        log.warning("No space could be reserved for the database: %s", error)


@event.listens_for(Engine, "connect")
def _keep_journal(connection: Any, _: Any) -> None:
    connection.execute(_KEEP_JOURNAL)


@event.listens_for(Engine, "handle_error")
def _explain(context: ExceptionContext) -> None:
    if "disk is full" in str(context.original_exception):
        error: Any = context.sqlalchemy_exception
        error.jupyterhub_message = FULL  # what JupyterHub's pages show
