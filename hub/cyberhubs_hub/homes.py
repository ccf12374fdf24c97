"""Where a member's files live: one home for all applications of a hub, at the path that each expects."""

import asyncio
import json
import os
import shutil
import tarfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from functools import lru_cache, partial
from pathlib import Path, PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from urllib.parse import quote

from docker import APIClient
from docker.errors import NotFound

from cyberhubs_hub.container_options import environment
from cyberhubs_hub.failures import StartFailure
from cyberhubs_hub.shared.access_rules import AccessError, normalize

HOME = "/home/user"  # by the passwd file of members' servers
RECORD = ".cyberhubs"  # in a home: what has been put there
MOST_RECORD = 2**16  # bytes
MOST_SKELETON = 2**30  # bytes: each member gets a copy
IN_MEMORY = 16 * 2**20  # bytes of one that is held there, not on the disk
_ONE = ThreadPoolExecutor(1, "homes")  # as all read from one archive
OLD_HOME = "notebooks"  # where servers saw these files before all of the home lasted

TOO_LARGE = (
    f"Its image has more than {MOST_SKELETON >> 30} GiB in its user's home, {{}}, of which each member would get a copy. Have large "
    "files in another folder of the image, or in a data space."
)
NOT_THEIRS = (
    "Your files belong to another user of the hub's machine, so that you could save nothing. Ask "
    "the hub's operator to run `make up`, which says how to give them back to you."
)


def home_name(username: str) -> str:
    """The directory of `username` under jupyterhub_users: one name, one directory, never a path.

    A normalized name is its own directory. Any other name is percent-encoded
    behind a %, which no such name contains, so it can never be somebody's home.
    """
    try:
        if normalize(username) == username:
            return username
    except AccessError:
        pass
    return "%" + quote(username, safe="")


def make_home(users: Path, username: str) -> str:
    """The name of the user's directory under `users`, made if need be (0700, this process's
    user). Raises OSError, also where something else than a directory has the name, and
    StartFailure where it is somebody else's, as one that root has put back."""
    name = home_name(username)
    home = users / name
    if home.is_symlink():
        raise NotADirectoryError(f"{home} is a link")
    home.mkdir(mode=0o700, exist_ok=True)
    owner = home.stat().st_uid
    if owner != os.getuid() and not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        raise StartFailure("home", NOT_THEIRS, f"{home} belongs to uid {owner}.")
    return name


def home_in(image: Mapping[str, Any]) -> str:
    """Where the programs of an image, as Docker inspects it, expect their user's home."""
    own = PurePosixPath(environment(image).get("HOME") or image["Config"].get("WorkingDir") or HOME)
    good = own.is_relative_to("/home") and len(own.parts) > 2 and ".." not in own.parts
    return str(own) if good else HOME


def home_paths(inside: str) -> list[str]:
    """Where a home lies in a container: as the image expects it, and where passwd says it is, as ssh goes by that."""
    return sorted({HOME, inside})


def remove_home(users: Path, username: str) -> None:
    """Of a trial's user, who has a new one each time."""
    shutil.rmtree(users / home_name(username), ignore_errors=True)


@contextmanager
def unstarted(client: APIClient, image: str, **how: Any) -> Iterator[str]:
    """A container of an image that never runs, by its id: for a look at the image's files, or at what the engine can; `how`: as
    docker-py's `create_container` takes it. Raises APIError."""
    made = client.create_container(image, ["none"], **how)["Id"]
    try:
        yield made
    finally:
        client.remove_container(made, force=True)


@lru_cache(maxsize=1)  # for a class that comes for the first time; an id is always the same image
def read_skeleton(client: APIClient, image: str, inside: str, users: Path) -> IO[bytes]:
    """What an image, by its id, has in its user's home, as a tar archive, which is on the disk of `users`, without a name, where
    it is large; empty if there is nothing. Raises APIError where the engine does not say, StartFailure if it is too
    much, OSError."""
    archive = SpooledTemporaryFile(IN_MEMORY, dir=str(users))  # noqa: SIM115 (as long as it is remembered)
    with unstarted(client, image) as made, suppress(NotFound):  # there is no such directory
        chunks, _ = client.get_archive(made, inside)
        with closing(chunks):  # the engine removes no container of which it is still sending
            for chunk in chunks:
                archive.write(chunk)
                if archive.tell() > MOST_SKELETON:
                    raise StartFailure("home", TOO_LARGE.format(inside))
    return archive


class Record:
    """What has been put into a home, by a file in it: it goes where the home goes. A member may delete it."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.applications: set[str] = set()  # as of_image has them
        self.links: set[str] = set()
        with suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
            said = json.loads(self._read())
            self.applications = set(map(str, said["applications"]))
            self.links = set(map(str, said["links"]))
        self.is_new = not self.applications

    def _read(self) -> bytes:
        descriptor = os.open(self._home / RECORD, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            return file.read(MOST_RECORD)

    def write(self) -> None:
        said = {"applications": sorted(self.applications), "links": sorted(self.links)}
        part = self._home / f"{RECORD}.new"
        part.unlink(missing_ok=True)
        with part.open("x") as file:
            json.dump(said, file)
        part.replace(self._home / RECORD)


def of_image(application: str, image: str) -> str:
    """What a record calls what is of an application's image, by its id: another one of it may bring more."""
    return f"{application}@{image.removeprefix('sha256:')[:12]}"


async def lay_out(home: Path, record: Record, name: str, read: Callable[[], IO[bytes]]) -> None:
    """Puts what an image has in its home into a member's, and nothing over what is there; `read` says what it has. Raises
    what that does, and OSError."""
    lay = partial(_lay_out, home, record, name, read)
    await asyncio.get_running_loop().run_in_executor(_ONE, lay)


def _lay_out(home: Path, record: Record, name: str, read: Callable[[], IO[bytes]]) -> None:
    skeleton = read()
    if record.is_new and any(home.iterdir()):
        with suppress(FileExistsError):  # so that paths in notebooks and environments stay valid
            (home / OLD_HOME).symlink_to(".")
    if skeleton.seek(0, os.SEEK_END):
        skeleton.seek(0)
        _extract(home, skeleton)
    record.applications.add(name)
    record.write()


def _extract(home: Path, skeleton: IO[bytes]) -> None:
    """No file is left that has only begun."""
    last = None

    def absent(member: tarfile.TarInfo, path: str) -> tarfile.TarInfo | None:
        nonlocal last
        if found := _absent(member, path):
            last = home / found.name
        return found

    try:
        with tarfile.open(fileobj=skeleton, mode="r:") as archive:
            archive.extractall(home, filter=absent)
    except OSError:
        if last and last.is_file() and not last.is_symlink():
            last.unlink()
        raise


def _absent(member: tarfile.TarInfo, home: str) -> tarfile.TarInfo | None:
    """What is not in the home yet, without the directory that the archive is of; nothing that leads out of it."""
    _, _, name = member.name.partition("/")
    if not name or not (member.isfile() or member.isdir() or member.issym() or member.islnk()):
        return None
    link = member.linkname.partition("/")[2] if member.islnk() else member.linkname
    with suppress(tarfile.FilterError):
        moved = member.replace(name=name, linkname=link, deep=False)
        inside = tarfile.data_filter(moved, home)
        path = Path(home, inside.name)
        if not path.is_symlink() and not path.exists():
            return inside
    return None


def _link_names(targets: Iterable[str]) -> dict[str, str]:
    """By the last part of each, or by all of them where that is of several: /survey/data and /archive/data."""
    paths = {target: PurePosixPath(target) for target in targets}
    short = Counter(path.name for path in paths.values())
    return {
        path.name if short[path.name] == 1 else "-".join(path.parts[1:]): target
        for target, path in paths.items()
    }


def link_spaces(home: Path, record: Record, targets: Iterable[str]) -> None:
    """A link in the home for each data space, so that a file browser shows them, and none for those that are gone.
    Raises OSError."""
    wanted = _link_names(targets)
    before = set(record.links)
    for name in before - wanted.keys():
        if (home / name).is_symlink():
            (home / name).unlink()
        record.links.discard(name)
    for name, target in wanted.items():
        if name not in record.links:
            with suppress(FileExistsError):
                (home / name).symlink_to(target)
                record.links.add(name)
    if record.links != before:
        record.write()
