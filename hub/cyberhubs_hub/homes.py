"""Where a member's files live on the data directory."""

import os
from pathlib import Path
from urllib.parse import quote

from cyberhubs_hub.failures import StartFailure
from cyberhubs_hub.shared.access_rules import AccessError, normalize

NOT_THEIRS = (
    "Your files belong to another user of the hub's machine, so that you could save nothing. Ask "
    "the hub's operator to run `make up`, which says how to give them back to you."
)


def home_name(username: str) -> str:
    """The directory of `username` under jupyterhub_users: one name, one directory, never a path.

    A normalized name is its own directory. Any other name is percent-encoded
    behind a %, which no such name contains, so it can never be somebody's home.
    """
    try:
        if normalize(username) == username:
            return username
    except AccessError:
        pass
    return "%" + quote(username, safe="")


def make_home(users: Path, username: str) -> str:
    """The name of the user's directory under `users`, made if need be (0700, this process's
    user). Raises OSError, also where something else than a directory has the name, and
    StartFailure where it is somebody else's, as one that root has put back."""
    name = home_name(username)
    home = users / name
    if home.is_symlink():
        raise NotADirectoryError(f"{home} is a link")
    home.mkdir(mode=0o700, exist_ok=True)
    owner = home.stat().st_uid
    if owner != os.getuid() and not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        raise StartFailure("home", NOT_THEIRS, f"{home} belongs to uid {owner}.")
    return name
