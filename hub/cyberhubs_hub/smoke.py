"""`cyberhubs-smoke`: does each application start, answer through the proxy, compute and save in the home as its member, show its
page, and stop?

Runs in the hub's container, by `docker exec`, with the applications as a JSON list of
{"name", "image", "page"}, the last of which may be missing. Progress goes to stderr; the exit status is 0 if all is well, 1 if not (with a
sentence and the end of the server's log), 2 for wrong arguments.
"""

import asyncio
import json
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import docker
from docker.errors import ImageNotFound

from cyberhubs_hub.first_page import FirstPages
from cyberhubs_hub.homes import home_name
from cyberhubs_hub.shared.access_rules import SMOKE_USER
from cyberhubs_hub.shared.config import CONFIG_DIR, FIRST_PAGE_DIR, RUN_DIR, USERS_DIR, HubConfig
from cyberhubs_hub.shared.images import read_tried, tried_name
from cyberhubs_hub.temporary_user import TrialError, TrialServer, wait_for_hub

START_LIMIT_S = 300
KERNEL_LIMIT_S = 60
PAGE_LIMIT_S = 60  # for a program that starts when its page is asked for
OLDEST = 4  # JupyterHub, of an image
HOME = Path(USERS_DIR, home_name(SMOKE_USER))
BY_KERNEL, NOTEBOOK = "trial.txt", "trial.ipynb"
WRITE_USER = f"import os; open(os.path.expanduser('~/{BY_KERNEL}'), 'w').write(str(os.getuid()))"
EMPTY = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def main() -> None:
    try:
        applications = [
            (entry["name"], entry["image"], entry.get("page", ""))
            for entry in json.loads(sys.argv[1])
        ]
    except (IndexError, ValueError, TypeError, KeyError):
        say("""Usage: cyberhubs-smoke '[{"name": "corehub", "image": "sha256:…"}, …]'""")
        sys.exit(2)
    hub = HubConfig.from_json(Path(CONFIG_DIR, "hub.json").read_text())
    try:
        asyncio.run(smoke_test(hub, applications))
    except TrialError as error:
        say(f"{hub.name}: {error}")
        sys.exit(1)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


async def smoke_test(hub: HubConfig, applications: list[tuple[str, str, str]]) -> None:
    """Raises TrialError for the first application that fails."""
    async with aiohttp.ClientSession() as http:
        await wait_for_hub(http, hub)
        token = Path(RUN_DIR, "smoke_token").read_text()
        http.headers["Authorization"] = f"token {token}"
        server = TrialServer(http, hub, SMOKE_USER)
        pages = FirstPages(Path(FIRST_PAGE_DIR))
        async with server.made():
            for name, image, page in applications:
                began = time.monotonic()
                try:
                    await _start(server, name, image)
                    say(f"{name}: answers; running a cell")
                    await _compute(server, hub.uid)
                    await _save(server)
                    if page:
                        await _open(server, page)
                    with suppress(TrialError, OSError):  # it has no JupyterLab, or the disk is full
                        await pages.keep(image, server.read)
                    await server.stop()
                except (TrialError, aiohttp.ClientError, OSError) as error:
                    text = str(error) or type(error).__name__
                    raise TrialError(
                        f"application {name} does not work: {text}\n{server.log()}".rstrip()
                    ) from error
                say(f"{name}: works ({time.monotonic() - began:.1f} s)")
    with suppress(OSError):  # a full disk costs a second at a start, and no more
        pages.keep_only(image for _, image, _ in applications)
    for name, image, _ in applications:
        _write_down(hub.stack, name, image)


async def _start(server: TrialServer, name: str, image: str) -> None:
    say(f"{name}: starting")
    try:
        async with asyncio.timeout(START_LIMIT_S):
            await server.start(image, lambda said: say(f"{name}: {said}"))
    except TimeoutError:
        raise TrialError(f"it did not answer in {START_LIMIT_S} s.") from None
    version = await server.version()
    if not (major := version.partition(".")[0]).isdecimal() or int(major) < OLDEST:
        raise TrialError(
            f"its jupyterhub-singleuser is of JupyterHub {version or '(it says no version)'}, and this hub needs "
            f"{OLDEST} or newer. Name a newer image, or have JupyterHub in it upgraded."
        )
    status = await server.get("api/status")
    if "started" not in status:
        raise TrialError(f"it answered {status} when asked for its status.")


async def _compute(server: TrialServer, uid: int) -> None:
    """And write to the home, where the kernel speaks Python."""
    speaks_python = await server.language() == "python"
    try:
        async with asyncio.timeout(KERNEL_LIMIT_S):
            await server.run(await server.kernel(), WRITE_USER if speaks_python else "1+1")
    except TimeoutError:
        raise TrialError(f"no kernel computed anything in {KERNEL_LIMIT_S} s.") from None
    if not speaks_python:
        return
    try:
        user = (HOME / BY_KERNEL).read_text()
    except OSError:
        raise TrialError(
            "what its kernel writes to ~ is not in the member's home, and would be lost: have the image leave HOME as it is."
        ) from None
    if user != str(uid):
        raise TrialError(f"its kernel runs as user {user}, and this stack's is {uid}.")


async def _save(server: TrialServer) -> None:
    await server.save(NOTEBOOK, EMPTY)
    if not (HOME / NOTEBOOK).is_file():
        raise TrialError(
            "a notebook that it has saved is not in the member's home, and would be lost: have the image's own settings name no "
            "directory for notebooks (root_dir, notebook_dir)."
        )


async def _open(server: TrialServer, page: str) -> None:
    """A program behind it may have only just begun."""
    status = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(PAGE_LIMIT_S):
            while (status := await server.status(page.lstrip("/"))) >= 500:
                await asyncio.sleep(1)
    if not 0 < status < 400:
        says = f"answered {status}" if status else f"did not answer in {PAGE_LIMIT_S} s"
        raise TrialError(f"its page {page} {says}.")


def _write_down(stack: str, application: str, image: str) -> None:
    """That it has passed, as a name of the image on the engine; the one before of the same image goes."""
    engine = docker.APIClient(version="auto")
    named = tried_name(stack, application, datetime.now(UTC))
    engine.tag(image, named)
    for name in engine.inspect_image(image)["RepoTags"]:
        before = read_tried(name)
        if before and before[:2] == (stack, application) and name != named:
            with suppress(ImageNotFound):  # another hub's trial has been faster
                engine.remove_image(name)
