"""`make rename`: somebody's files and record go to the name that they have at GitHub now."""

from cyberhubs.errors import UserError
from cyberhubs.ops.access import hub_named
from cyberhubs.ops.engine import engine, run_inside, running_hub
from cyberhubs.ops.stack import Stack


def rename(stack: Stack, hub: str, old: str, new: str) -> None:
    """By the hub itself, which knows whether a server runs, and whose user the files are of."""
    if not old or not new:
        raise UserError("Say who: make rename HUB=core FROM=old-name TO=new-name.")
    name = hub_named(stack.settings, hub).name
    with engine(stack.machine) as client:
        container = running_hub(client, stack.name, name)
        code, said = run_inside(container, "python3", "-m", "cyberhubs_hub.rename", old, new)
    said = said.strip()
    if code:
        raise UserError(said)
    print(
        f"{said}\nPut {new} in the place of {old} in the lists of {stack.file.name} too, if they name it."
    )
