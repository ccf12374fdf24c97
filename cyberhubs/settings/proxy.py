"""`cyberhubs:proxy`: the way out, where there is no other."""

from collections.abc import Iterable
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from cyberhubs.settings.base import Model, Text

# The machine itself, and what hubs, proxies and servers call one another.
DIRECT = ("localhost", "127.0.0.1", "::1", "169.254.169.254", "hub", "proxy", ".internal")


def _url(value: str) -> str:
    try:
        url = urlsplit(value)
        good = url.scheme == "http" and url.hostname and url.port and url.path in ("", "/")
    except ValueError:
        good = False
    if not good:
        raise ValueError(f"{value!r} is not a proxy — write it as http://proxy.example.org:3128")
    if "@" in value:
        raise ValueError(
            "has a password, which every member could read — use a proxy that knows the machine"
        )
    return value.rstrip("/")


def _direct(value: str) -> str:
    if "," in value or " " in value:
        raise ValueError(f"{value!r} is more than one name — write a list")
    return value


class Proxy(Model):
    """The institution's proxy, by which everything reaches the outside: packages, images, GitHub, members' programs."""

    url: Annotated[Text, AfterValidator(_url)]
    """Address of the proxy, for http and https."""
    direct: tuple[Annotated[Text, AfterValidator(_direct)], ...] = Field(default=(), strict=False)
    """Names, domains (.example.org) and networks that are reached without it. The machine itself, and hubs and
    servers among themselves, always are."""

    def environment(self, more: Iterable[str]) -> dict[str, str]:
        """As programs look for it; `more`: further names that are reached without it."""
        without = ",".join([*DIRECT, *more, *self.direct])
        pairs = {"http_proxy": self.url, "https_proxy": self.url, "no_proxy": without}
        return {**pairs, **{name.upper(): value for name, value in pairs.items()}}
