"""`python -m cyberhubs_hub.set_project_quota HOME BYTES`: what is in a home may take so many bytes, and so many files as a new
file system has for them; 0 is no limit. It is a project quota of ext4 or xfs: the home is a project of its own. A project that
somebody else has given it has no say: with a limit it gets another one, and without one it is left alone.

It needs CAP_SYS_ADMIN, CAP_FOWNER and CAP_DAC_READ_SEARCH, and Linux 5.14; nobody may change the home meanwhile. Cut off, it may
be done again, and goes on. A project is a number on its file system: here one that no member can guess.
"""

import ctypes
import errno
import fcntl
import os
import secrets
import stat
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

BYTES_PER_FILE = 4096  # as setup/disk.sh makes an ext4
MOST_PROJECT = 2**32 - 2

# Of a home, where no member can read or write: its project, and while files may not yet be in it, BEGUN.
RECORD = "trusted.cyberhubs.project"
BEGUN = "begun"

# linux/fs.h
_GET, _SET = 0x801C581F, 0x401C5820  # FS_IOC_FSGETXATTR, FS_IOC_FSSETXATTR
_ATTRIBUTES = struct.Struct("=IIIII8s")  # fsx_xflags, fsx_extsize, fsx_nextents, fsx_projid, …
_INHERIT = 0x200  # FS_XFLAG_PROJINHERIT: what is made in a directory is of its project, and `statvfs` shows the quota
# linux/quota.h
_QUOTACTL_FD = 443  # on every processor
_GET_QUOTA, _SET_QUOTA, _OF_PROJECT = 0x800007, 0x800008, 2
# if_dqblk: bytes, hard and soft limit in KiB, and in use; files, the same; until when, twice; what is valid, padding
_QUOTA = struct.Struct("=8Q2I")
_LIMITS = 1 | 4  # QIF_BLIMITS, QIF_ILIMITS
_libc = ctypes.CDLL(None, use_errno=True)


class Attributes(NamedTuple):
    """Of a file or directory, as struct fsxattr has them."""

    flags: int
    extent_size: int
    extents: int
    project: int
    cow_extent_size: int
    padding: bytes

    @property
    def inherited(self) -> bool:
        return bool(self.flags & _INHERIT)


def attributes(file: int) -> Attributes:
    """Of an open file. Raises OSError, where its file system knows no projects."""
    return Attributes(*_ATTRIBUTES.unpack(fcntl.ioctl(file, _GET, bytes(_ATTRIBUTES.size))))


def put(file: int, project: int, *, inherited: bool) -> None:
    """Into a project, unless it is in it. Raises OSError."""
    now = attributes(file)
    wanted = now._replace(
        project=project, flags=now.flags & ~_INHERIT | (_INHERIT if inherited else 0)
    )
    if wanted != now:
        fcntl.ioctl(file, _SET, _ATTRIBUTES.pack(*wanted))


def limit(home: Path, most: int) -> None:
    """Raises OSError."""
    with _opened(home, os.O_DIRECTORY) as top:
        project, begun = _record(top)
        if not most:
            if project:
                _set_limit(top, project, 0)
                os.removexattr(top, RECORD)
            return
        if not project:
            project, begun = _free_project(top), True
            _set_limit(top, project, 0)  # what it left of an earlier home
        if begun or (attributes(top).project, attributes(top).inherited) != (project, True):
            os.setxattr(top, RECORD, f"{project} {BEGUN}".encode())
            _put_content(home, project)
            put(top, project, inherited=True)
            os.setxattr(top, RECORD, str(project).encode())
        _set_limit(top, project, most - most % os.fstatvfs(top).f_frsize)


def _record(top: int) -> tuple[int, bool]:
    """A home's project, 0 for none, and whether it was begun only."""
    try:
        project, *begun = os.getxattr(top, RECORD).decode().split()
    except OSError as error:
        if error.errno in (errno.ENODATA, errno.ENOTSUP):
            return 0, False
        raise
    return int(project), bool(begun)


def _put_content(home: Path, project: int) -> None:
    device = home.stat().st_dev
    for _, directories, files, directory in os.fwalk(home, onerror=_raise):
        for name in (*directories, *files):
            about = os.stat(name, dir_fd=directory, follow_symlinks=False)
            if about.st_dev != device:  # something is mounted there
                directories[:] = (one for one in directories if one != name)
            elif stat.S_ISDIR(about.st_mode) or stat.S_ISREG(about.st_mode):
                with _opened(name, 0, directory) as file:
                    put(file, project, inherited=stat.S_ISDIR(about.st_mode))


def _free_project(top: int) -> int:
    """In which there is nothing yet."""
    while True:
        project = secrets.randbelow(MOST_PROJECT) + 1
        if not _in_use(top, project):
            return project


def _in_use(file: int, project: int) -> int:
    """How many files are in it."""
    quota = ctypes.create_string_buffer(_QUOTA.size)
    try:
        _quotactl(file, _GET_QUOTA, project, quota)
    except OSError as error:
        if error.errno == errno.ENOENT:  # xfs has never heard of it
            return 0
        raise
    return _QUOTA.unpack(quota)[5]


def _set_limit(file: int, project: int, most: int) -> None:
    quota = (most // 1024, 0, 0, most // BYTES_PER_FILE, 0, 0, 0, 0, _LIMITS, 0)
    _quotactl(file, _SET_QUOTA, project, ctypes.create_string_buffer(_QUOTA.pack(*quota)))


def _quotactl(file: int, command: int, project: int, quota: ctypes.Array[ctypes.c_char]) -> None:
    number = ctypes.c_long(_QUOTACTL_FD)
    what = ctypes.c_ulong(command << 8 | _OF_PROJECT)
    if _libc.syscall(number, ctypes.c_ulong(file), what, ctypes.c_ulong(project), quota):
        code = ctypes.get_errno()
        off = "project quotas are turned off here"
        raise OSError(code, off if code == errno.ESRCH else f"quotactl_fd: {os.strerror(code)}")


@contextmanager
def _opened(path: Path | str, flags: int, directory: int | None = None) -> Iterator[int]:
    file = os.open(
        path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | flags, dir_fd=directory
    )
    try:
        yield file
    finally:
        os.close(file)


def _raise(error: OSError) -> None:
    raise error


if __name__ == "__main__":
    limit(Path(sys.argv[1]), int(sys.argv[2]))
