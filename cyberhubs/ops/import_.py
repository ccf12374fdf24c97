"""`make import`: a stack file from an old system's checkout."""

import os
from pathlib import Path

from cyberhubs.errors import UserError
from cyberhubs.migrate import migrate, read, report_name
from cyberhubs.ops.stack import Stack
from cyberhubs.settings import load_file


def import_(stack: Stack, folder: str) -> None:
    """Writes the stack file and, beside it, a report of what became of each setting. Without a name, the stack is named
    after the old system."""
    if not folder:
        raise UserError("Say where the old checkout is: make import FROM=/path/to/it STACK=myhub.")
    place = Path(folder).expanduser()
    system = read(place)
    stack = stack if stack.name else Stack(system.stack)
    if os.path.lexists(stack.file):
        raise UserError(
            f"{stack.file} is there, and was left as it is. Name another stack: make import FROM={folder} STACK=myhub."
        )
    found = migrate(system, stack.name, place)
    report = stack.file.with_name(report_name(stack.name))
    report.write_text(found.report, encoding="utf-8")
    with stack.file.open("x", encoding="utf-8") as file:
        file.write(found.stack_file)
    for warning in load_file(stack.file, stack.name).warnings:
        print(f"Warning: {warning}")
    print(found.report)
    print(f"Written: {stack.file}\nThis report: {report}")
