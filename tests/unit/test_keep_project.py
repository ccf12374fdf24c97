"""The program by which members' servers start where homes have limits, with what it starts, on this machine's own kernel."""

import ctypes
import errno
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from cyberhubs.paths import CHECKOUT
from tests.support.waiting import eventually

PROGRAM = CHECKOUT / "components/hub/keep-project.py"
PR_SET_CHILD_SUBREAPER = 36
X32 = 0x40000000

# What Linux answers to calls whose last argument leads nowhere, so that they do nothing where they are allowed.
CALLS = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
here = os.open(".", os.O_RDONLY)
def error(*arguments):
    ctypes.set_errno(0)
    libc.syscall(*map(ctypes.c_long, arguments))
    return ctypes.get_errno()
"""
IOCTL = "29 if os.uname().machine == 'aarch64' else 16"
REQUESTS = (0x401C5820, 0x40086602, 0x40046602)
# The same as a program of 32 bits does it.
I386 = """
import mmap
code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
code.write(bytes.fromhex("53 89f8 89f3 89d1 31d2 cd80 5b c3"))  # of (number, file, request)
at = ctypes.addressof(ctypes.c_char.from_buffer(code))
call = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_uint)(at)
"""


def answers(code: str, *, kept: bool = True) -> list[int]:
    """The numbers that a Python prints."""
    keep = ["-IS", str(PROGRAM), sys.executable] if kept else []
    command = ["setpriv", "--no-new-privs", sys.executable, *keep, "-c", CALLS + code]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return [int(number) for number in said.split()]


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize("high", [0, 1 << 32])
def test_a_file_cannot_be_given_to_another_project(request_: int, high: int) -> None:
    """Linux looks at the lower half of a request alone."""
    code = f"print(error({IOCTL}, here, {request_ | high}, 0))"
    assert answers(code) == [errno.EPERM]
    assert answers(code, kept=False) != [errno.EPERM]


def test_nor_by_the_newer_call() -> None:
    code = "print(error(469, -100, 0, 0, 0, 0))"
    assert answers(code) == [errno.EPERM]
    assert answers(code, kept=False) != [errno.EPERM]


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="these are of x86-64")
@pytest.mark.parametrize("request_", REQUESTS)
def test_nor_by_other_numbers_of_the_same_call(request_: int) -> None:
    """Those of x32, and of a program of 32 bits."""
    x32 = f"print(error({X32 | 514}, here, {request_}, 0), error(514, here, {request_}, 0))"
    assert answers(x32) == [errno.EPERM, errno.EPERM]
    i386 = f"{I386}print(-call(54, here, {request_}), -call(469, here, 0))"
    try:
        others = answers(i386, kept=False)
    except subprocess.CalledProcessError:
        pytest.skip("this kernel runs no program of 32 bits")
    assert answers(i386) == [errno.EPERM, errno.EPERM]
    assert errno.EPERM not in others + answers(x32, kept=False)


def test_all_else_is_as_without() -> None:
    code = f"""
import fcntl, pty, termios
print(error({IOCTL}, here, 0x80086601, 0))
os.fork() or os._exit(0)
print(len(fcntl.ioctl(pty.openpty()[1], termios.TIOCGWINSZ, bytes(8))))
"""
    assert answers(code) == answers(code, kept=False) != []


def test_it_ends_as_what_it_has_started() -> None:
    for code, status in (("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 9)", 137)):
        command = [sys.executable, "-IS", PROGRAM, sys.executable, "-c", code]
        assert subprocess.run(["setpriv", "--no-new-privs", *command]).returncode == status


def test_signals_reach_it_and_orphans_are_buried() -> None:
    """As the first process of a container, whose children orphans become."""
    code = """
import os, signal, time
if not (child := os.fork()):
    os.fork() or os._exit(0)
    os._exit(0)
signal.signal(signal.SIGTERM, lambda *_: exit(5))
os.waitpid(child, 0)
print("ready", flush=True)
signal.pause()
"""
    command = [
        "setpriv",
        "--no-new-privs",
        sys.executable,
        "-IS",
        PROGRAM,
        sys.executable,
        "-c",
        code,
    ]
    adopts = partial(ctypes.CDLL(None).prctl, PR_SET_CHILD_SUBREAPER, 1)
    with subprocess.Popen(command, stdout=subprocess.PIPE, preexec_fn=adopts) as process:
        assert process.stdout and process.stdout.readline() == b"ready\n"
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        eventually(lambda: len(children.read_text().split()) == 1)
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(20) == 5
        finally:
            process.kill()
