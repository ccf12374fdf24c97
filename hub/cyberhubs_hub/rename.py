"""`python -m cyberhubs_hub.rename OLD NEW`, in the hub's container: what was OLD's is NEW's.

For somebody who has another name at GitHub. The hub forgets OLD, with tokens and sign-ins. Runs again where it was
interrupted; the exit status is 1 with a sentence where it may not be done.
"""

import asyncio
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import aiohttp
from docker import APIClient
from docker.errors import DockerException

from cyberhubs_hub.failures import StartFailure
from cyberhubs_hub.hub_api import HubApi
from cyberhubs_hub.owners import Owners
from cyberhubs_hub.private_folders import move_folders
from cyberhubs_hub.shared.access_rules import AccessError, normalize
from cyberhubs_hub.shared.config import CONFIG_DIR, HUB_PORT, RUN_DIR, USERS_DIR, HubConfig


class RenameError(Exception):
    """Why not, in a sentence."""


async def rename(
    hub: HubApi, homes: Path, move_folders: Callable[[str, str], None], old: str, new: str
) -> str:
    """What was done, in a sentence. Raises RenameError. `move_folders`: those in private data spaces."""
    try:
        old, new = normalize(old), normalize(new)
    except AccessError as error:
        raise RenameError(f"{error}.") from None
    if old == new:
        raise RenameError("FROM and TO are the same name.")
    owners = Owners(homes)
    before, after = owners.number_of(old), owners.number_of(new)
    if before is None and not (homes / old).exists():
        if (homes / new).exists() or after is not None:
            return f"Nothing is {old}'s; {new} has a home or a record already."
        raise RenameError(f"There is neither a home nor a record of {old}.")
    if after not in (None, before):
        raise RenameError(f"{new} is another GitHub account here (number {after}).")
    if (homes / old).exists() and (homes / new).exists():
        raise RenameError(f"{new} has a home already: move it away, or what it holds into {old}'s.")
    for name in (old, new):
        if await hub.has_server(name):
            raise RenameError(f"The server of {name} runs: it has to be stopped before.")
    await hub.revoke(old)  # nobody who takes the name has the tokens that it had
    try:
        move_folders(old, new)
    except (StartFailure, DockerException) as error:
        why = error.detail if isinstance(error, StartFailure) else error
        raise RenameError(
            f"What {old} has in private data spaces cannot be {new}'s: {why}"
        ) from None
    if (homes / old).exists():
        (homes / old).rename(homes / new)
    if before is not None:
        owners.move(old, new)
    return f"What was {old}'s is {new}'s."


async def main(old: str, new: str) -> None:
    config = HubConfig.from_json(Path(CONFIG_DIR, "hub.json").read_text())
    token = Path(RUN_DIR, "rename_token").read_text()
    async with aiohttp.ClientSession() as http:
        hub = HubApi(http, f"http://127.0.0.1:{HUB_PORT}{config.prefix}hub/api", token)
        with APIClient(version="auto") as client:
            move = partial(move_folders, client, config)
            print(await rename(hub, Path(USERS_DIR), move, old, new))


if __name__ == "__main__":
    try:
        asyncio.run(main(*sys.argv[1:]))
    except (RenameError, OSError, ValueError, TimeoutError, aiohttp.ClientError) as error:
        sys.exit(str(error) or repr(error))
