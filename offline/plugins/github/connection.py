"""The connection to an organization at GitHub."""

import json
import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import httpx

from offline.plugins.github.errors import explain, gone
from offline.plugins.inputs import Input, Table
from offline.plugins.resource import Call, ProviderError, Values

HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
TIMEOUT_S = 30.0
WRITE_PAUSE_S = 1.0
SAME_FAILURE_S = 10.0
RETRIES = 3
RETRY_S = 1
LONGEST_RETRY_S = 60
PASSING = (500, 502, 503, 504)


def _address_rule(value: str) -> str | None:
    if re.match(r"https?://[^/]", value):
        return None
    return f"is '{value}'; it must be a URL such as https://github.example.com/"


CONFIG: Table = {
    "owner": Input(str, required=True),
    "baseUrl": Input(str, required=True, rule=_address_rule),
    "token": Input(str),  # which the SDK gives, where GITHUB_TOKEN is set
}


class GitHub:
    """One organization, asked for when first needed."""

    def __init__(self) -> None:
        self._config: Values = {}
        self._organization: Values | None = None
        self._client = httpx.Client(headers=HEADERS, follow_redirects=True, timeout=TIMEOUT_S)
        self._lock = threading.Lock()
        self._next_write = 0.0
        self._failure: httpx.TransportError | None = None
        self._failed_at = 0.0

    def configure(self, config: Values) -> None:
        self._config = config

    @property
    def address(self) -> str:
        """The REST API's, without a slash at the end."""
        given = self._config["baseUrl"].rstrip("/").removesuffix("/api/v3")
        public = re.fullmatch(r"(?:api\.)?(github\.com|[^.]+\.ghe\.com)", httpx.URL(given).host)
        return f"https://api.{public[1]}" if public else f"{given}/api/v3"

    @property
    def _token(self) -> str:
        # a destroy has the configuration of the last update, which may have had no token
        token = (self._config.get("token") or os.environ.get("GITHUB_TOKEN") or "").strip()
        if not token:
            raise ProviderError("there is no token for GitHub: set GITHUB_TOKEN and run this again")
        if not re.fullmatch("[!-~]+", token):  # an error of the HTTP client would show it
            raise ProviderError("the token for GitHub has characters that none has; copy it again")
        return token

    def organization(self, call: Call) -> Values:
        """`id` and `login` of the owner."""
        if self._organization is not None:
            return self._organization
        owner = self._config["owner"]
        found = self.if_there(call, "GET", f"/orgs/{quote(owner, safe='')}")
        if found is None:
            raise ProviderError(
                f"there is no organization '{owner}' at {self.address}; correct its name, or the "
                "address in GITHUB_BASE_URL"
            )
        self._organization = found
        return found

    def team(self, call: Call, id: str) -> str:
        """The path of a team."""
        return f"/organizations/{self.organization(call)['id']}/team/{id}"

    def if_there(self, call: Call, method: str, path: str) -> Any:
        """As `request`, but None for "not found"."""
        try:
            return self.request(call, method, path)
        except httpx.HTTPStatusError as error:
            if not gone(error):
                raise
            return None

    def request(self, call: Call, method: str, path: str, body: Values | None = None) -> Any:
        """The decoded answer, or None where it has no content; raises httpx.HTTPError."""
        with self._lock:  # GitHub asks for one request at a time, and for pauses between writes
            if method != "GET":
                _wait(call, self._next_write - time.monotonic())
            response = self._send(method, path, body)
            for _ in range(RETRIES):
                if (delay := _retry_delay(response)) is None:
                    break
                _wait(call, delay)
                response = self._send(method, path, body)
            if method != "GET":
                self._next_write = time.monotonic() + WRITE_PAUSE_S
        response.raise_for_status()
        return response.json() if response.content else None

    def _send(self, method: str, path: str, body: Values | None) -> httpx.Response:
        # operations that run into the same wall one after the other do not each wait for it
        if self._failure and time.monotonic() - self._failed_at < SAME_FAILURE_S:
            raise self._failure
        try:
            return self._client.request(
                method,
                self.address + path,
                json=body,
                headers={"Authorization": f"Bearer {self._token}"},
            )
        except httpx.TransportError as error:
            self._failure, self._failed_at = error, time.monotonic()
            raise

    @contextmanager
    def errors(self, action: str) -> Iterator[None]:
        """Turns what `request` raises into a ProviderError: "cannot <action>: …"."""
        try:
            yield
        except (httpx.HTTPError, json.JSONDecodeError) as error:
            raise ProviderError(f"cannot {action}: {explain(error, self.address)}") from error


def _retry_delay(response: httpx.Response) -> int | None:
    """Seconds after which to ask again, where that may help."""
    if response.status_code in PASSING or "retry-after" in response.headers:
        delay = int(response.headers.get("retry-after", RETRY_S))
        return delay if delay <= LONGEST_RETRY_S else None
    return None


def _wait(call: Call, seconds: float) -> None:
    if seconds > 0 and call.cancelled.wait(seconds):
        raise ProviderError("stopped by the operator; run it again to go on")
