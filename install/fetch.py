"""Downloads: a quick question whether a file is there, and files that resume and are checked."""

import functools
import hashlib
import http.client
import threading
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from cyberhubs.progress import Step

from .errors import InstallError, UnavailableError

PROBE_S = 4.0
STALL_S = 60.0
CHUNK = 1 << 20
STOPPED = (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException)


@functools.cache
def reachable(host: str) -> bool:
    """Whether the host ("https://get.pulumi.com/") answers anything within a few seconds; asked
    once in a run.

    Goes through the proxies of the environment. The thread is there because a name look-up has
    no time limit of its own.
    """
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(_answers(host)), daemon=True)
    thread.start()
    thread.join(PROBE_S + 1)
    return answers == [True]


def require(url: str) -> None:
    """UnavailableError unless this very file is there: what else its host has says nothing of it."""
    if not reachable(urllib.parse.urljoin(url, "/")):
        host = urllib.parse.urlsplit(url).hostname
        raise UnavailableError(f"{host} does not answer from here")
    try:
        _head(url)
    except (OSError, http.client.HTTPException) as error:
        raise UnavailableError(f"{url} cannot be had ({error})") from error


def text(url: str) -> str:
    """A small text file; UnavailableError where it cannot be had."""
    try:
        with urllib.request.urlopen(url, timeout=PROBE_S * 5) as response:
            return response.read().decode()
    except (OSError, http.client.HTTPException) as error:
        raise UnavailableError(f"{url} cannot be read ({error})") from error


def download(url: str, target: Path, sha256: str, step: Step) -> None:
    """Fetches a file to `target` if it is not there; goes on where a stopped download ended.

    Raises InstallError when it stops half way, or when its checksum is not `sha256`: then
    nothing is left under `target`.
    """
    if target.exists() and _sha256(target) == sha256:
        return
    part = target.with_name(target.name + ".part")
    try:
        _fetch(url, part, step)
    except STOPPED as error:
        raise InstallError(
            f"The download of {url} stopped ({error}): run the same command again to go on."
        ) from error
    if _sha256(part) != sha256:
        part.unlink()
        raise InstallError(
            f"What came from {url} has a wrong checksum and was deleted: run the same command "
            "again, and if it stays so, something on the way changes downloads."
        )
    part.replace(target)


def _head(url: str) -> None:
    urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=PROBE_S).close()


def _answers(host: str) -> bool:
    try:
        _head(host)
    except urllib.error.HTTPError:
        return True
    except (OSError, http.client.HTTPException):
        return False
    return True


def _fetch(url: str, part: Path, step: Step) -> None:
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=STALL_S)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # nothing after what we have: it is whole
            return
        raise
    with response:
        resumed = response.status == 206
        done = have if resumed else 0
        total = done + int(response.headers.get("Content-Length") or 0)
        with part.open("ab" if resumed else "wb") as file:
            while block := response.read(CHUNK):
                file.write(block)
                done += len(block)
                step.show(f"{done >> 20} of {total >> 20} MB")
    if done < total:
        raise http.client.HTTPException(f"{done} of {total} bytes came")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
