"""What a page loads over its line, by Chromium's own account."""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

# A class's line.
DELAY_MS = 50
BITS_S = 10_000_000


@dataclass
class Loaded:
    url: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    bytes: int = 0  # that came over the line, with the head of the answer
    cached: bool = False  # nothing was asked


class Traffic:
    """Of a page, from now on. `slow`: the line is a class's."""

    def __init__(self, page: Page, *, slow: bool = False):
        self._requests: dict[str, Loaded] = {}
        session = page.context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.requestServedFromCache", self._remembered)
        session.on("Network.responseReceived", self._answered)
        session.on("Network.loadingFinished", self._ended)
        session.send("Network.enable")
        if slow:
            rate = BITS_S / 8
            line = {"latency": DELAY_MS, "downloadThroughput": rate, "uploadThroughput": rate}
            session.send("Network.emulateNetworkConditions", {"offline": False, **line})

    @property
    def loaded(self) -> list[Loaded]:
        """What came over the line."""
        return [request for request in self._requests.values() if not request.cached]

    @property
    def bytes(self) -> int:
        return sum(request.bytes for request in self.loaded)

    def forget(self) -> None:
        self._requests.clear()

    def _asked(self, event: dict[str, Any]) -> None:
        # A redirect has the id of what it comes from.
        id = event["requestId"]
        if before := self._requests.pop(id, None):
            before.bytes = event.get("redirectResponse", {}).get("encodedDataLength", 0)
            self._requests[f"{id} to {event['request']['url']}"] = before
        self._requests[id] = Loaded(event["request"]["url"])

    def _remembered(self, event: dict[str, Any]) -> None:
        if found := self._requests.get(event["requestId"]):
            found.cached = True

    def _answered(self, event: dict[str, Any]) -> None:
        if found := self._requests.get(event["requestId"]):
            answer = event["response"]
            found.status = answer["status"]
            found.headers = {name.lower(): text for name, text in answer["headers"].items()}
            found.cached |= answer.get("fromDiskCache", False)

    def _ended(self, event: dict[str, Any]) -> None:
        if found := self._requests.get(event["requestId"]):
            found.bytes = int(event["encodedDataLength"])
