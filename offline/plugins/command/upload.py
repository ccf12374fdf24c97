"""Copying files to another machine by SFTP.

Where a source goes, as with the official plugin:

source | target is a directory     | target is not there | target is a file
dir    | target/dir                | target/dir          | error
dir/   | what is in dir, to target | the same            | error
file   | target/file               | target              | target, overwritten
text   | error                     | target              | target, overwritten
"""

import posixpath
from collections.abc import Iterator
from pathlib import Path

import asyncssh

from offline.plugins.resource import ProviderError
from offline.plugins.wire import Asset


async def copy(sftp: asyncssh.SFTPClient, source: Asset, target: str) -> None:
    try:
        if path := source.get("path"):
            await _copy_path(sftp, path, target)
        elif source.is_archive:
            await _make_directory(sftp, target)
            for name, item in _entries(source):
                await _write(sftp, item, posixpath.join(target, name))
        else:
            if await sftp.isdir(target):
                raise ProviderError(
                    f"remote path {target} is a directory; give remotePath with the file's name"
                )
            await _write(sftp, (source.get("text") or "").encode(), target)
    except OSError as error:
        raise ProviderError(f"cannot read the source: {error}") from None
    except asyncssh.Error as error:
        raise ProviderError(
            f"cannot copy to remote path {target}: {error.reason}; "
            "see that the user may write there and that the disk is not full"
        ) from None


async def _copy_path(sftp: asyncssh.SFTPClient, source: str, target: str) -> None:
    path = Path(source)
    if path.is_dir():
        await _make_directory(sftp, target)
        if not source.endswith("/"):
            target = posixpath.join(target, path.name)
        await _copy_tree(sftp, path, target)
        return
    if await sftp.isdir(target):
        target = posixpath.join(target, path.name)
    await _write(sftp, path, target)


async def _copy_tree(sftp: asyncssh.SFTPClient, path: Path, target: str) -> None:
    await _make_directory(sftp, target)
    for item in sorted(path.iterdir()):
        below = posixpath.join(target, item.name)
        if item.is_dir() and not item.is_symlink():
            await _copy_tree(sftp, item, below)
        else:
            await _write(sftp, item, below)


async def _make_directory(sftp: asyncssh.SFTPClient, target: str) -> None:
    """Make it and its parents; a file in its place is an error."""
    try:
        await sftp.makedirs(target, exist_ok=True)
    except asyncssh.SFTPError:
        if await sftp.exists(target) and not await sftp.isdir(target):
            raise ProviderError(f"remote path {target} exists but is not a directory") from None
        raise


async def _write(sftp: asyncssh.SFTPClient, source: Path | bytes, target: str) -> None:
    """Write a file where it is: its inode, owner and mode stay."""
    await _make_directory(sftp, posixpath.dirname(target) or ".")
    if isinstance(source, bytes):
        async with sftp.open(target, "wb") as file:
            await file.write(source)
    else:
        source.open("rb").close()  # so that what cannot be read fails as a local error
        await sftp.put(str(source), target)


def _entries(archive: Asset, prefix: str = "") -> Iterator[tuple[str, Path | bytes]]:
    """Files of an asset archive, by relative path."""
    for name, value in sorted((archive.get("assets") or {}).items()):
        item: Asset = value.value
        path = item.get("path")
        if path and Path(path).is_dir():
            for file in sorted(Path(path).rglob("*")):
                if file.is_file():
                    yield posixpath.join(prefix, name, file.relative_to(path).as_posix()), file
        elif item.is_archive and not path:
            yield from _entries(item, posixpath.join(prefix, name))
        elif item.is_archive:
            raise ProviderError(
                f"the archive {path} within an archive is not carried out; unpack it"
            )
        else:
            yield (
                posixpath.join(prefix, name),
                Path(path) if path else (item.get("text") or "").encode(),
            )
