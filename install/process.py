"""Running other programs: their output goes to a log, their end is explained."""

import contextlib
import fcntl
import os
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

from cyberhubs import paths
from cyberhubs.errors import UserError, disk_full, trouble
from cyberhubs.progress import Report

TAIL = 15

_locks: list[int] = []


def in_sentences(work: Callable[[Report], None]) -> int:
    """Does a command's work, with a sentence for what ends it; the command's status."""
    report = Report()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        work(report)
    except UserError as error:
        report.line(str(error))
        return 1
    except KeyboardInterrupt:
        report.line("Interrupted: run the same command again to go on from there.")
        return 130
    except OSError as error:
        report.line(trouble(error))
        return 1
    return 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextlib.contextmanager
def alone(report: Report, lock: Path | None = None) -> Iterator[None]:
    """Two installs at once would work on the same files: the second waits.

    What is run meanwhile holds the lock too, so that after a kill of this process the next
    install also waits for the programs that it left behind.
    """
    with (lock or paths.home() / "install.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            report.line(f"waiting for another install to end (process {file.read().strip()})")
            fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        _locks.append(file.fileno())
        try:
            yield
        finally:
            _locks.remove(file.fileno())


def run(
    argv: Sequence[str | Path],
    *,
    log: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str = "",
    line: Callable[[str], None] = lambda text: None,
) -> None:
    """Runs a program to its end, on a short `stdin`; `line` sees each line that it prints.

    Raises UserError with the end of its output when it fails. Whatever it started is ended
    with it when this process is interrupted, so that a second run meets no strangers.
    """
    path = paths.build() / f"{log}.log"
    tail: deque[str] = deque(maxlen=TAIL)
    with path.open("w") as log_file:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            cwd=cwd,
            env={**os.environ, **(env or {})},
            start_new_session=True,
            pass_fds=_locks,
        )
        assert process.stdin is not None and process.stdout is not None
        try:
            with contextlib.suppress(BrokenPipeError), process.stdin:
                process.stdin.write(stdin)
            for text in process.stdout:
                log_file.write(text)
                tail.append(text.rstrip())
                line(text.rstrip())
            code = process.wait()
        except BaseException:
            _end_group(process)
            raise
    if code != 0:
        raise failure(log, code, tail, path)


def failure(name: str, code: int, tail: Sequence[str], log: Path) -> UserError:
    if any("no space left on device" in text.lower() for text in tail):
        return UserError(disk_full(str(log)))
    end = "\n".join(f"  | {text}" for text in tail)
    return UserError(
        f"{name} failed (exit code {code}); run the same command again to go on from there. "
        f"The end of {log}:\n{end}"
    )


def _end_group(process: subprocess.Popen[str]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(process.pid, number)
            process.wait(timeout=10)
            return
