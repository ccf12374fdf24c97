"""One update of a stack at a time: before anything is touched, and for as long as it takes."""

import fcntl
import functools
import json
import os
import socket
from collections.abc import Callable
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar

from cyberhubs import paths
from cyberhubs.errors import UserError
from cyberhubs.ops.stack import Stack
from cyberhubs.processes import runs

P = ParamSpec("P")
T = TypeVar("T")


def locked(command: Callable[Concatenate[Stack, P], T]) -> Callable[Concatenate[Stack, P], T]:
    """Refuses to run beside another one, and where the stack's state cannot be used."""

    @functools.wraps(command)
    def run(stack: Stack, *args: P.args, **kwargs: P.kwargs) -> T:
        _ = stack.settings  # all that is wrong in the file, before anything else
        with (paths.run() / f"stack-{stack.name}.lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise UserError(
                    f"Stack {stack.name} is worked on by {file.read() or 'another command'}. "
                    "Nothing was touched: wait for its end, then run the same command again."
                ) from None
            file.truncate(0)
            file.write(
                f"`make {command.__name__.split('_')[0]}`, process {os.getpid()}, since {datetime.now():%H:%M:%S}"
            )
            file.flush()
            stack.check()
            unlock(stack)
            return command(stack, *args, **kwargs)

    return run


def unlock(stack: Stack) -> None:
    """Drops the locks of Pulumi's whose process on this machine is gone (backends in a folder only).

    Raises UserError if there is one of another process, such as a plain `pulumi up`.
    """
    if stack.folder is None:
        return
    left = False
    for path in (stack.folder / ".pulumi/locks/organization/cyberhubs" / stack.name).glob("*.json"):
        try:
            held = json.loads(path.read_text())
        except FileNotFoundError:
            continue  # it has ended
        except ValueError:
            held = {}
        if held.get("hostname") == socket.gethostname() and not runs(held.get("pid", 0), "pulumi"):
            left = True
            continue
        who = (
            "{username}@{hostname}, process {pid}, since {timestamp}".format_map(held)
            if held
            else "somebody"
        )
        raise UserError(
            f"Stack {stack.name} is worked on by {who} ({path}). Nothing was touched: wait for its "
            "end, then run the same command again. If you know that it is dead, drop its lock: "
            f"{stack.shell_hint(f'pulumi cancel --yes {stack.name}')}"
        )
    if left:
        print(f"An earlier update of stack {stack.name} was killed; dropping its lock.")
        stack.query("cancel", "--yes")
