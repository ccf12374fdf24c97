"""As much of GitHub's REST API of one repository as a workflow's token is used for, and what people see there after it."""

import io
import itertools
import json
import re
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "ghs_of-a-workflow"
BOT = "github-actions[bot]"
NAME = "lab/hubs"


class Repository:
    """`artifacts`: id → run, name, packed; the API's own objects in all else."""

    def __init__(self) -> None:
        self.url = ""
        self.ids = itertools.count(1)
        self.artifacts: dict[int, tuple[int, str, bytes]] = {}
        self.pulls: dict[int, dict[str, Any]] = {}
        self.comments: dict[int, dict[str, Any]] = {}
        self.issues: dict[int, dict[str, Any]] = {}
        self.storage_saw: list[str | None] = []  # as Authorization, which is not its business

    @property
    def environment(self) -> dict[str, str]:
        return {
            "GITHUB_API_URL": self.url,
            "GITHUB_REPOSITORY": NAME,
            "GITHUB_TOKEN": TOKEN,
            "no_proxy": "127.0.0.1",
        }

    def pull(self, number: int, sha: str, source: str | None = NAME) -> None:
        repo = {"full_name": source} if source else None
        self.pulls[number] = {"number": number, "head": {"sha": sha, "repo": repo}}
        self.issues[number] = self._entry("Please", "ada", number, pull_request={}, state="open")

    def upload(self, run: int, name: str, files: Mapping[str, str | bytes] | bytes) -> None:
        packed = io.BytesIO(files if isinstance(files, bytes) else b"")
        if not isinstance(files, bytes):
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                for file, content in files.items():
                    archive.writestr(file, content)
        self.artifacts[next(self.ids)] = (run, name, packed.getvalue())

    def uploaded(self, run: int, name: str) -> dict[str, bytes]:
        packed = [one for of, known, one in self.artifacts.values() if (of, known) == (run, name)]
        with zipfile.ZipFile(io.BytesIO(packed[-1])) as archive:
            return {file: archive.read(file) for file in archive.namelist()}

    def said(self, body: str, author: str, issue: int) -> None:
        """A comment of somebody's."""
        one = self._entry(body, author, next(self.ids), issue=issue)
        self.comments[one["id"]] = one

    def bodies(self, issue: int) -> list[str]:
        return [one["body"] for one in self.comments.values() if one["issue"] == issue]

    @staticmethod
    def _entry(body: str, author: str, id: int, **more: Any) -> dict[str, Any]:
        return {"id": id, "number": id, "body": body, "user": {"login": author}, **more}

    def answer(self, method: str, path: str, content: Any) -> Any:
        """None: not found."""
        path, _, query = path.removeprefix(f"/repos/{NAME}/").partition("?")
        asked = dict(word.split("=") for word in query.split("&") if word)
        match [method, *path.split("/")]:
            case ["GET", "actions", "runs", run, "artifacts"]:
                found = [
                    {"id": id, "name": name, "expired": False}
                    for id, (of, name, _) in self.artifacts.items()
                    if of == int(run) and name == asked.get("name", name)
                ]
                return {"total_count": len(found), "artifacts": found}
            case ["GET", "pulls", number]:
                return self.pulls.get(int(number))
            case ["GET", "issues", number, "comments"]:
                return _page(
                    asked, [c for c in self.comments.values() if c["issue"] == int(number)]
                )
            case ["POST", "issues", number, "comments"]:
                self.said(content["body"], BOT, int(number))
                return [*self.comments.values()][-1]
            case ["PATCH", "issues", "comments", id]:
                self.comments[int(id)] |= content
                return self.comments[int(id)]
            case ["GET", "issues"]:
                state = asked.get("state", "open")
                return _page(asked, [i for i in self.issues.values() if i["state"] == state])
            case ["POST", "issues"]:
                id = next(self.ids)
                self.issues[id] = self._entry(content["body"], BOT, id, state="open") | content
                return self.issues[id]
            case ["PATCH", "issues", number]:
                self.issues[int(number)] |= content
                return self.issues[int(number)]
        return None


@contextmanager
def repository() -> Iterator[Repository]:
    """An empty one, served from a thread."""
    it = Repository()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            said = self.headers.get("Authorization")
            if found := re.fullmatch(r"/storage/(\d+)", self.path):
                it.storage_saw.append(said)
                return self._say(200, it.artifacts[int(found[1])][2])
            if said != f"Bearer {TOKEN}":
                return self._say(401, b'{"message": "Bad credentials"}')
            if self.path == "/user":  # an installation is no user
                return self._say(403, b'{"message": "Resource not accessible by integration"}')
            if found := re.fullmatch(rf"/repos/{NAME}/actions/artifacts/(\d+)/zip", self.path):
                return self._say(302, b"", Location=f"{it.url}/storage/{found[1]}")
            data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = it.answer(self.command, self.path, json.loads(data or b"null"))
            if answer is None:
                return self._say(404, b'{"message": "Not Found"}')
            return self._say(200, json.dumps(answer).encode())

        def _say(self, status: int, content: bytes, **headers: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = _serve

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        it.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield it
        finally:
            server.shutdown()
            thread.join()


def _page(asked: Mapping[str, str], entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    size, number = int(asked.get("per_page", 30)), int(asked.get("page", 1))
    return entries[size * (number - 1) : size * number]
