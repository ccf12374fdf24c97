"""GitHub's REST API of one repository, as a workflow's token may use it."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

from cyberhubs.errors import UserError

LIMIT_S = 30
PAGE = 100
MOST = 60_000  # of a text; GitHub takes 65,536
LONG = "**Too long to be shown here: all of it is in the summary of the run.**"
BOT = "github-actions[bot]"  # whom a workflow's own token writes as


class Repository:
    """`environment`: a runner's, or the same three variables of a laptop."""

    def __init__(self, environment: Mapping[str, str]):
        self.name = variable(environment, "GITHUB_REPOSITORY")
        self._token = variable(environment, "GITHUB_TOKEN")
        self._root = environment.get("GITHUB_API_URL") or "https://api.github.com"

    def call(self, method: str, path: str, content: Mapping[str, Any] | None = None) -> Any:
        """Raises UserError with what GitHub says."""
        data = None if content is None else json.dumps(content).encode()
        return json.loads(self._open(method, f"/repos/{self.name}/{path}", data))

    def pages(self, path: str) -> Iterator[dict[str, Any]]:
        """All entries of a list."""
        number, page = 1, [{}] * PAGE
        while len(page) == PAGE:
            mark = "&" if "?" in path else "?"
            page = self.call("GET", f"{path}{mark}per_page={PAGE}&page={number}")
            yield from page
            number += 1

    def download(self, path: str, limit: int) -> bytes:
        """Raises UserError for more than `limit` bytes."""
        content = self._open("GET", f"/repos/{self.name}/{path}", limit=limit + 1)
        if len(content) > limit:
            raise UserError(f"{path} has more than {limit} bytes: it was not read.")
        return content

    def own(self, entry: Mapping[str, Any], mark: str) -> bool:
        """Whether a comment or an issue is ours: by who has written it, too, as anybody may write the mark."""
        first = (entry.get("body") or "").partition("\n")[0].strip()
        return first == mark and entry["user"]["login"] == self._author()

    def _author(self) -> str:
        try:
            return json.loads(self._open("GET", "/user"))["login"]
        except UserError:
            return BOT  # whose token may not ask

    def _open(self, method: str, path: str, data: bytes | None = None, limit: int = -1) -> bytes:
        request = urllib.request.Request(f"{self._root}{path}", data, method=method)
        request.add_header("Accept", "application/vnd.github+json")
        request.add_header("X-GitHub-Api-Version", "2022-11-28")
        # Not sent on to where an artifact is kept, whose address has its own pass.
        request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        try:
            with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:
                return answer.read(limit)
        except urllib.error.HTTPError as error:
            said = error.read(1000).decode(errors="replace")
            raise UserError(f"GitHub answers {error.code} to {method} {path}: {said}") from None
        except OSError as error:
            raise UserError(f"{self._root} does not answer: {error}") from None


def variable(environment: Mapping[str, str], name: str) -> str:
    if not (value := environment.get(name)):
        raise UserError(
            f"{name} is not set: a workflow sets it, and what it stands for, in its `env`."
        )
    return value


def body(mark: str, text: str) -> str:
    """For a comment or an issue: begins with the mark, is short enough, and calls nobody by an @."""
    text = text.replace("@", "@\N{ZERO WIDTH SPACE}")
    if len(text) <= MOST:
        return f"{mark}\n\n{text}"
    text, fence = text[:MOST].rpartition("\n")[0], ""
    for found in re.findall(r"^`{3,}", text, re.M):
        fence = "" if fence and len(found) >= len(fence) else fence or found
    return f"{mark}\n\n{LONG}\n\n{text}\n{fence}"
