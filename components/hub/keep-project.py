"""`python -IS keep-project.py COMMAND ...`, the first program of each member's server where homes have limits: nothing that it
starts can give its files to another project, with which they would count for somebody else, or for nobody. Linux lets
their owner do so.

It stays, and does what an `init` does: an engine's own would be free of the filter, and a debugger could have it do that. The
Python is the image's, whichever that has.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import struct
import sys

# asm/unistd.h of a processor and of the others whose programs it runs: audit architecture → numbers of ioctl.
_ON_X86 = {0xC000003E: (16, 514), 0x40000003: (54,)}  # x86-64 and x32, i386
_ON_ARM = {0xC00000B7: (29,), 0x40000028: (54,)}  # aarch64, arm
PROCESSORS = {"x86_64": _ON_X86, "aarch64": _ON_ARM}
X32 = 0x40000000  # set in a number of x32's
FILE_SETATTR = 469  # on all of them, since Linux 6.17
# FS_IOC_FSSETXATTR, and FS_IOC_SETFLAGS of 64 and of 32 bits, by which a directory's new files would be of no project
REQUESTS = (0x401C5820, 0x40086602, 0x40046602)

# linux/bpf_common.h: load from struct seccomp_data, and, jump if equal, return
_LOAD, _AND, _EQUAL, _RETURN = 0x20, 0x54, 0x15, 0x06
_NUMBER, _ARCHITECTURE = 0, 4  # where they are in struct seccomp_data
_REQUEST = 24  # the half of ioctl's second argument that Linux looks at
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_SET_SECCOMP, _FILTER = 22, 2  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("lines", ctypes.c_char_p))


def _of_one(ioctls: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Lines of the filter for an architecture: code, how many lines to jump if true, if false, value."""
    n, r = len(ioctls), len(REQUESTS)
    return [
        (_LOAD, 0, 0, _NUMBER),
        (_AND, 0, 0, ~X32 & 0xFFFFFFFF),
        (_EQUAL, n + r + 3, 0, FILE_SETATTR),
        *((_EQUAL, n - i, 0, number) for i, number in enumerate(ioctls)),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, _REQUEST),
        *((_EQUAL, r - i, 0, request) for i, request in enumerate(REQUESTS)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]


def _lines(processor: str) -> list[tuple[int, ...]]:
    lines = [(_LOAD, 0, 0, _ARCHITECTURE)]
    for architecture, ioctls in PROCESSORS[processor].items():
        own = _of_one(ioctls)
        lines += [(_EQUAL, 0, len(own), architecture), *own]
    return [*lines, (_RETURN, 0, 0, _REFUSE)]


def keep_project() -> None:
    """Of this process, and all that it starts."""
    processor = os.uname().machine
    if processor not in PROCESSORS:
        sys.exit(f"limits.disk cannot be kept on a processor of kind {processor}.")
    lines = _lines(processor)
    text = b"".join(struct.pack("=HBBI", *line) for line in lines)
    program = _Program(len(lines), text)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_SET_SECCOMP, ctypes.c_ulong(_FILTER), ctypes.byref(program)):
        sys.exit(f"limits.disk cannot be kept: {os.strerror(ctypes.get_errno())} (seccomp).")


def run(command: list[str]) -> int:
    """Its exit code, at its end; signals go to it, and what loses its parent ends in peace."""
    signals = signal.valid_signals()
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    ignored = (signal.SIGPIPE, signal.SIGXFSZ)  # by Python
    child = os.posix_spawnp(command[0], command, os.environ, setsigmask=(), setsigdef=ignored)
    while True:
        got = signal.sigwait(signals)
        if got != signal.SIGCHLD:
            os.kill(child, got)
            continue
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == child:
                status = ended[1]
                return (
                    128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
                )


if __name__ == "__main__":
    keep_project()
    sys.exit(run(sys.argv[1:]))
