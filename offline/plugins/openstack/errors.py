"""What the SDK raises, as a sentence that says what to do next."""

import re
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

NO_CREDENTIALS = (
    "there are no complete credentials for a cloud: choose an entry of your clouds.yaml by "
    "OS_CLOUD, or set the OS_* variables by the openrc file from the cloud's dashboard"
)

_IMPORTING = threading.Lock()  # two threads that import parts of these at once deadlock


def sdk() -> Any:
    """The SDK: loaded when first needed, since that takes long."""
    with _IMPORTING:
        import openstack
        import openstack.compute.v2.server

        return openstack


def _keystone() -> Any:
    """The exceptions of the library below it, which it lets through."""
    with _IMPORTING:
        from keystoneauth1 import exceptions

        return exceptions


def raised_by_sdk(error: BaseException) -> bool:
    return isinstance(error, (_keystone().ClientException, sdk().exceptions.SDKException))


def status(error: BaseException) -> int:
    """The HTTP status that it stems from, or 0."""
    return getattr(error, "status_code", None) or getattr(error, "http_status", None) or 0


def if_there(get: Callable[..., Any], *args: Any, **more: Any) -> Any:
    """What it answers, or None for "not found"."""
    try:
        return get(*args, **more)
    except Exception as error:
        if status(error) != 404:
            raise
        return None


def passing(error: BaseException) -> bool:
    """Whether asking again may help."""
    if isinstance(error, _unreached()):
        return True
    return raised_by_sdk(error) and status(error) in (429, 500, 502, 503, 504)


def _unreached() -> tuple[type, ...]:
    return _keystone().DiscoveryFailure, _keystone().RetriableConnectionFailure


def explain(error: BaseException, quota: Callable[[str], str] | None = None) -> str:
    """quota: how much is used of what the cloud calls by a name."""
    keystone, config = _keystone(), sdk().exceptions.ConfigException
    text, code = _text(error), status(error)
    if isinstance(error, keystone.CatalogException) or "service catalog" in text:
        return f"the cloud does not offer this service ({text}); check the region's name"
    lacking = (keystone.MissingRequiredOptions, keystone.MissingAuthPlugin, config)
    if isinstance(error, lacking):
        return f"{NO_CREDENTIALS} ({text})"
    lost = isinstance(error, keystone.NotFound) and "Could not find" in text  # its account
    if code == 401 or lost or isinstance(error, keystone.AuthorizationFailure):
        return (
            f"the cloud does not accept the credentials ({text}); they may have expired or the "
            "password may have changed: get new ones and run this again"
        )
    if isinstance(error, keystone.NotFound):
        return f"the address auth_url leads to no identity service ({text}); correct it"
    if isinstance(error, _unreached()):
        return (
            f"the cloud does not answer ({_short(text)}); check the address and the network, and "
            "run this again"
        )
    if "quota" in text.lower():
        return (
            f"the project's quota is used up: {text}{_used(text, quota)}; "
            "ask the cloud's support for more, or free some, and run this again"
        )
    if "No more IP addresses available" in text:
        return (
            f"there is no free address left ({text}); release one that is not used, or ask the "
            "cloud's support for more, and run this again"
        )
    if "is not reachable from subnet" in text:
        return f"{text}; connect the subnet to that network by a router first"
    if code == 403:
        return f"the cloud does not allow you to ({text}); ask its support for the right to"
    if "already exists" in text:
        return f"{text}; remove the old one or choose another name, and run this again"
    if code >= 500:
        return f"the cloud has failed ({code}: {text}); run this again later, or tell its support"
    return f"the cloud says: {text}"


def sentence(error: BaseException) -> str:
    return explain(error) if raised_by_sdk(error) else str(error)


def _text(error: BaseException) -> str:
    """The service's message, without the request's address."""
    return str(getattr(error, "details", None) or getattr(error, "message", None) or error).strip()


def _used(text: str, quota: Callable[[str], str] | None) -> str:
    if quota and (name := re.search(r"resources: \['(\w+)'\]", text)):
        with suppress(Exception):  # the message stands without
            return f" ({quota(name[1])})"
    return ""


def _short(text: str) -> str:
    """The address and the innermost reason, without the layers of the HTTP client."""
    address = re.search(r"https?://[^\s/:]+(?::\d+)?", text)
    reason = re.search(
        r"Connection refused|Name or service not known|No route to host|Network is unreachable|"
        r"timed out|Temporary failure in name resolution|certificate verify failed",
        text,
    )
    return f"{address[0]}: {reason[0]}" if address and reason else text
