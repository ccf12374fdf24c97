"""Downloads: a quick question whether a file is there, and files that resume and are checked."""

import functools
import hashlib
import re
import ssl
from pathlib import Path

import httpx

from cyberhubs import paths
from cyberhubs.errors import UserError
from cyberhubs.progress import Report, Step

from .ladder import UnavailableError
from .process import run

PROBE_S = 4.0
STALL_S = 60.0


@functools.cache
def reachable(host: str) -> bool:
    """Whether the host ("https://get.pulumi.com/") answers anything within a few seconds; asked
    once in a run."""
    try:
        with _client(PROBE_S) as client:
            client.head(host)
    except httpx.HTTPError:
        return False
    return True


def require(url: str) -> None:
    """UnavailableError unless this very file is there: what else its host has says nothing of it."""
    if not reachable(str(httpx.URL(url).join("/"))):
        raise UnavailableError(f"{httpx.URL(url).host} does not answer from here")
    _ask("HEAD", url, PROBE_S)


def text(url: str) -> str:
    """A small text file; UnavailableError where it cannot be had."""
    return _ask("GET", url, PROBE_S * 5).text


def download(url: str, target: Path, sha256: str, step: Step) -> None:
    """Fetches a file to `target` if it is not there; goes on where a stopped download ended.

    Raises UserError when it stops half way, or when its checksum is not `sha256`: then
    nothing is left under `target`.
    """
    if target.exists() and _sha256(target) == sha256:
        return
    part = target.with_name(target.name + ".part")
    try:
        _fetch(url, part, step)
    except httpx.HTTPError as error:
        raise UserError(
            f"The download of {url} stopped ({error}): run the same command again to go on."
        ) from error
    if _sha256(part) != sha256:
        part.unlink()
        raise UserError(
            f"What came from {url} has a wrong checksum and was deleted: run the same command "
            "again, and if it stays so, something on the way changes downloads."
        )
    part.replace(target)


def _client(timeout_s: float) -> httpx.Client:
    # Trusts what the machine trusts, as a proxy's certificates, and not a list of httpx's own.
    context = ssl.create_default_context()
    return httpx.Client(verify=context, timeout=timeout_s, follow_redirects=True)


def unpack(name: str, url: str, sums: str, into: Path, report: Report, *options: str) -> None:
    """A vendor's archive, whose checksum stands in the file `sums`, with tar's `options`. Raises UnavailableError where
    it cannot be had, and as `download`."""
    require(url)
    file = url.rpartition("/")[2]
    match = re.search(rf"^([0-9a-f]{{64}})\s+\*?{re.escape(file)}$", text(sums), re.MULTILINE)
    if match is None:
        raise UnavailableError(f"its checksum file does not name {file}")
    archive = paths.build() / file
    with report.step(f"{name}: downloading {file}") as step:
        download(url, archive, match[1], step)
        run(["tar", "-xzf", archive, "-C", into, *options], log=f"{name}-tar")
    archive.unlink()


def _ask(method: str, url: str, timeout_s: float) -> httpx.Response:
    try:
        with _client(timeout_s) as client:
            answer = client.request(method, url)
        if not answer.is_error:
            return answer
        reason: object = f"{answer.status_code} {answer.reason_phrase}"
    except httpx.HTTPError as error:
        reason = error
    raise UnavailableError(f"{url} cannot be had ({reason})")


def _fetch(url: str, part: Path, step: Step) -> None:
    done = part.stat().st_size if part.exists() else 0
    # As it is there: a server may well pack once more what is packed.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
    with _client(STALL_S) as client, client.stream("GET", url, headers=headers) as answer:
        if answer.status_code == 416:  # nothing after what we have: it is whole
            return
        answer.raise_for_status()
        if answer.status_code != 206:
            done = 0
        total = done + int(answer.headers.get("Content-Length") or 0)
        with part.open("ab" if done else "wb") as file:
            for block in answer.iter_raw():
                file.write(block)
                done += len(block)
                step.show(f"{done >> 20} of {total >> 20} MB")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
