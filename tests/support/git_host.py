"""A host of public git repositories, on the loopback: files alone, which is all that a clone needs."""

import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class GitHost:
    """`url`: of its one repository."""

    def __init__(self, folder: Path, port: int) -> None:
        self._work = folder / "work"
        self._bare = folder / "served/stars.git"
        self.url = f"http://127.0.0.1:{port}/stars.git"
        self._git("init", "--quiet", str(self._work))

    def commit(self, files: Mapping[str, str]) -> str:
        """Of these files and no others; its digits."""
        if any(file.name != ".git" for file in self._work.iterdir()):
            self._git("-C", str(self._work), "rm", "--quiet", "-r", ".")
        for name, text in files.items():
            (self._work / name).write_text(text)
        self._git("-C", str(self._work), "add", "--all")
        who = "-c", "user.name=Ada", "-c", "user.email=ada@example.org"
        self._git("-C", str(self._work), *who, "commit", "--quiet", "--message", "Stars")
        if not self._bare.exists():
            self._git("clone", "--quiet", "--bare", str(self._work), str(self._bare))
        self._git("-C", str(self._bare), "fetch", "--quiet", str(self._work), "+HEAD:HEAD")
        self._git("-C", str(self._bare), "update-server-info")
        return self._git("-C", str(self._work), "rev-parse", "HEAD")

    def _git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout.strip()


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def git_host(folder: Path) -> Iterator[GitHost]:
    (folder / "served").mkdir(parents=True)
    handler = partial(_Silent, directory=str(folder / "served"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield GitHost(folder, server.server_port)
        finally:
            server.shutdown()
