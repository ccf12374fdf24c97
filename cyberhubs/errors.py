"""What ends a command for a reason that its user can do something about."""

import errno

from cyberhubs import paths

FULL = (errno.ENOSPC, errno.EDQUOT)


class UserError(Exception):
    """What is wrong and what to do next, in a sentence or two. `status`: the command's exit status."""

    status = 1


class NotLookedError(UserError):
    """What was asked for is not known, as not all could be looked at."""

    status = 2


def trouble(error: OSError) -> str:
    """What to do about a file that cannot be read or written."""
    where = error.filename or paths.home()
    if error.errno in FULL:
        return disk_full(str(where))
    return f"{where}: {error.strerror or error}. Fix that, then run this again."


def disk_full(where: str) -> str:
    return f"The disk is full (at {where}): make room, then run the same command again."
