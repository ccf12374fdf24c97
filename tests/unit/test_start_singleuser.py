"""The program that starts a server in `corehub`, beside a JupyterHub whose module for servers is a test's."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from cyberhubs.paths import CHECKOUT

IMAGE = CHECKOUT / "images/corehub"
SOURCE = (IMAGE / "start-singleuser.py").read_text()


CONNECTION = """
import json

class ZMQChannelsWebsocketConnection:
    kernel_id = "k"
    subprotocol = "v1.kernel.websocket.jupyter.org"
    class session:
        feed_identities = staticmethod(lambda message: ([], message))
        unpack = staticmethod(json.loads)
    def handle_incoming_message(self, message):
        print("taken")
    def handle_outgoing_message(self, stream, message):
        print("passed on")
    def write_stderr(self, text, parent):
        print(parent["msg_id"], text)
    def on_kernel_restarted(self):
        print("restarted")
"""


@pytest.fixture
def run(tmp_path: Path):
    """Runs the source with the given text as JupyterHub's module for servers."""

    def run(singleuser: str, source: str = SOURCE, version: str = "", **env: str) -> str:
        package = tmp_path / "jupyterhub"
        package.mkdir(exist_ok=True)
        # All other modules of the package are the real one's.
        (package / "__init__.py").write_text(
            "from pkgutil import extend_path\n__path__ = extend_path(__path__, __name__)\n"
        )
        (package / "singleuser.py").write_text(singleuser)
        connection = tmp_path / "jupyter_server/services/kernels/connection/channels.py"
        connection.parent.mkdir(parents=True, exist_ok=True)
        connection.write_text(CONNECTION)
        if version:
            metadata = tmp_path / f"jupyterhub-{version}.dist-info/METADATA"
            metadata.parent.mkdir()
            metadata.write_text(f"Name: jupyterhub\nVersion: {version}\n")
        fallback = tmp_path / "jupyterhub-singleuser"
        fallback.write_text('#!/bin/sh\necho "fallback $*"\n')
        fallback.chmod(0o755)
        script = tmp_path / "start-singleuser"
        script.write_text(source)
        done = subprocess.run(
            [sys.executable, script, "--flag"],
            env={
                "PYTHONPATH": str(tmp_path),
                "PATH": f"{tmp_path}:/usr/bin:/bin",
                "PYTHONUSERBASE": str(tmp_path / "own"),
                "MEM_LIMIT": str(3 * 2**29),
                **env,
            },
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    return run


def test_the_hub_s_modules_are_empty_while_importing_and_real_afterwards(run):
    out = run(
        "from sqlalchemy.exc import SQLAlchemyError\n"
        "from sqlalchemy import create_engine\n"
        "from jupyterhub.orm import User\n"
        "from jupyterhub.handlers.pages import HealthCheckHandler\n"
        "class Mine(SQLAlchemyError): ...\n"
        "assert not isinstance('x', HealthCheckHandler)\n"
        "assert not hasattr(create_engine, '__file__')\n"
        "try:\n"
        "    import aiodns\n"
        "except ImportError: ...\n"
        "else: raise AssertionError\n"
        "def main():\n"
        "    import gc, sys, sqlalchemy\n"
        "    assert sqlalchemy.__file__ and 'jupyterhub.orm' not in sys.modules\n"
        "    assert gc.isenabled()\n"
        "    print('started', sys.argv[1:])\n"
    )
    assert out == "started ['--flag']"


def test_a_package_whose_name_begins_alike_is_the_real_one(run, tmp_path: Path):
    for name in ("sqlalchemy_utils", "alembic_utils"):
        (tmp_path / f"{name}.py").write_text("REAL = True")
    out = run(
        "import alembic_utils, sqlalchemy_utils\n"
        "def main():\n"
        "    print(alembic_utils.REAL, sqlalchemy_utils.REAL)\n"
    )
    assert out == "True True"


WITH_AN_EXTENSION = """
def main():
    try:
        import thing
    except ImportError:
        print("left out")
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Where a member's packages are."""
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = tmp_path / "own/lib" / python / "site-packages"
    packages.mkdir(parents=True)
    return packages


def test_a_members_packages_are_found_behind_the_images(run, own: Path):
    (own / "thing.py").write_text("print('loaded')")
    (own / "jupyterhub.py").write_text("raise SystemExit(7)")
    assert run(WITH_AN_EXTENSION) == "loaded"


def test_they_are_left_out_where_the_hub_says_so(run, own: Path):
    (own / "thing.py").write_text("print('loaded')")
    assert run(WITH_AN_EXTENSION, JUPYTERHUB_DISABLE_USER_CONFIG="1") == "left out"


KERNEL = """
import __main__, asyncio, json
from pathlib import Path
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

def asks(page, cell):
    parts = [b"shell", json.dumps({{"msg_type": "execute_request", "msg_id": cell}}).encode(), b"{{}}"]
    offsets, at = [], 8 * (len(parts) + 2)
    for part in [*parts, b""]:
        offsets.append(at)
        at += len(part)
    numbers = [len(offsets), *offsets]
    page.handle_incoming_message(b"".join(n.to_bytes(8, "little") for n in numbers) + b"".join(parts))

def says(page, kind, cell):
    header, parent = ({{"msg_type": kind}}, {{"msg_id": cell}})
    page.handle_outgoing_message("iopub", [b"", json.dumps(header).encode(), json.dumps(parent).encode()])

async def scenario():
    file = Path({file!r})
    __main__.KILLED = ("/nowhere", str(file))
    page, other = ZMQChannelsWebsocketConnection(), ZMQChannelsWebsocketConnection()
    file.write_text({before!r})
    other.subprotocol = None
    other.handle_incoming_message(b"as others speak")
    for cell in ("left", "done", "cell", "next"):
        asks(page, cell)
    says(page, "execute_input", "done")
    says(page, "execute_reply", "done")
    {begins}
    says(page, "stream", "next")
    file.write_text({after!r})
    page.on_kernel_restarted()
    other.on_kernel_restarted()
    await asyncio.sleep(0)
    asks(page, "again")
    page.on_kernel_restarted()

def main():
    asyncio.run(scenario())
"""


@pytest.mark.parametrize("begins", ['says(page, "execute_input", "cell")', ""])
@pytest.mark.parametrize(
    ("text", "counts", "told"),
    [
        ("low 0\nmax 7\noom 1\noom_kill {}\noom_group_kill 0\n", (0, 1), 2),
        ("oom_kill_disable 0\nunder_oom 0\noom_kill {}\n", (3, 4), 2),
        ("oom_kill_disable 0\nunder_oom 0\noom_kill {}\n", (3, 3), 0),
    ],
    ids=["cgroups 2", "cgroups 1", "it died of something else"],
)
def test_a_kernel_that_is_killed_for_memory_says_so_in_its_cell(
    run, tmp_path: Path, text: str, counts: tuple[int, int], told: int, begins: str
):
    """On each page of it, and also where it could not say that it began."""
    before, after = map(text.format, counts)
    file = str(tmp_path / "events")
    said = run(KERNEL.format(file=file, before=before, after=after, begins=begins))
    assert said.count("cell The kernel was killed: this server's memory, 1.5 GB for all") == told
    assert said.count("The kernel was killed") == told
    assert (said.count("taken"), said.count("restarted")) == (6, 3)
    assert said.count("passed on") == (4 if begins else 3)


def test_another_jupyterhub_starts_in_its_own_way(run):
    assert run("def main(): ...", version="6.1.2") == "fallback --flag"


def test_it_is_written_for_the_image_s_jupyterhub():
    [version] = re.findall(r'^JUPYTERHUB = "(.*)"', SOURCE, re.MULTILINE)
    assert f"\njupyterhub=={version} " in (IMAGE / "requirements.txt").read_text()
    assert 'cyberhubs.start="start-singleuser"' in (IMAGE / "Dockerfile").read_text()


HUB_THAT_GOES_AWAY = """
import asyncio
from aiohttp import web
from jupyterhub.services.auth import HubAuth
from tornado.web import HTTPError
import __main__

async def say(hub, token):
    try:
        user = await hub.user_for_token(token, sync=False)
        return user and user["name"]
    except HTTPError as error:
        return error.status_code
    finally:
        hub.cache.clear()  # as after its maximal age

async def scenario():
    answers = {"hangs": False, "status": 200}
    async def on_user(request):
        if answers["hangs"]:
            await asyncio.sleep(1)
        return web.json_response({"name": "ada"}, status=answers["status"])
    application = web.Application()
    application.router.add_get("/user", on_user)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    hub = HubAuth(api_url=f"http://127.0.0.1:{runner.addresses[0][1]}")
    __main__.ANSWER_S = 0.1
    print(await say(hub, "mine"))
    answers["hangs"] = True
    print(await say(hub, "mine"))
    answers.update(hangs=False, status=502)
    print(await say(hub, "mine"), await say(hub, "unknown"))
    answers["status"] = 200
    print(await say(hub, "other"))
    answers["status"] = 403
    print(await say(hub, "other"))
    await runner.cleanup()
    print(await say(hub, "mine"), await say(hub, "unknown"), await say(hub, "other"))

def main():
    asyncio.run(scenario())
"""


def test_a_silent_hub_s_last_word_holds_and_a_no_is_a_word(run):
    assert run(HUB_THAT_GOES_AWAY).splitlines() == [
        "ada",
        "ada",  # it hangs
        "ada 502",  # it fails
        "ada",
        "None",  # it does not know the token any more
        "ada 500 500",  # it is not there
    ]


def test_its_last_word_holds_for_a_time(run):
    short = SOURCE.replace("KNOWN_S = 24 * 3600", "KNOWN_S = 0.5")
    assert short != SOURCE
    later = "    await asyncio.sleep(0.6)\n    print(await say(hub, 'mine'))\n\ndef main"
    assert run(HUB_THAT_GOES_AWAY.replace("\ndef main", later), short).endswith("\n500")
