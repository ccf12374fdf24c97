"""What GitHub answers, as a sentence that says what to do next."""

import json
from datetime import datetime

import httpx

SCOPE = "admin:org"
READING_SCOPES = ("admin:org", "write:org", "read:org")


def gone(error: httpx.HTTPStatusError) -> bool:
    """Whether it says "not found", and not because the token may not see it."""
    scopes = _scopes(error.response)
    blind = scopes is not None and not any(scope in scopes for scope in READING_SCOPES)
    return error.response.status_code == 404 and not blind


def explain(error: httpx.HTTPError | json.JSONDecodeError, address: str) -> str:
    """address: the API's, which was asked."""
    if not isinstance(error, httpx.HTTPStatusError):
        return (
            f"GitHub does not answer at {address} ({error}); check the address and the network, "
            "and run this again"
        )
    response = error.response
    code, text, scopes = response.status_code, _text(response), _scopes(response)
    if code == 401:
        return (
            f"GitHub does not accept the token ({text}); it may have expired or been revoked: make "
            "a new one and run this again"
        )
    if "rate limit" in text:
        return f"GitHub answers no more requests ({text}); run this again {_when(response)}"
    if code in (403, 404) and scopes is not None and SCOPE not in scopes:
        return (
            f"GitHub does not allow it ({text}): the token has the scopes "
            f"'{', '.join(scopes)}'; make one that has {SCOPE}"
        )
    if code == 403:
        return f"GitHub does not allow it ({text}); use a token of an owner of the organization"
    if code == 404:
        return (
            f"GitHub has no such team, or the token may not see it ({text}); check the team, and "
            "that the token is of a member of the organization"
        )
    if "must be unique" in text:
        return f"{text}; choose another name, or delete that team if nobody needs it"
    if code >= 500:
        return f"GitHub has failed ({code}: {text}); run this again later"
    return f"GitHub says: {text}"


def _scopes(response: httpx.Response) -> list[str] | None:
    """Of a token that has some, which not all kinds do."""
    given = response.headers.get("x-oauth-scopes")
    return None if given is None else given.split(", ")


def _text(response: httpx.Response) -> str:
    try:
        answer = response.json()
    except json.JSONDecodeError:  # a page
        return response.reason_phrase
    errors = [error for error in answer.get("errors", []) if isinstance(error, dict)]
    details = [error["message"] for error in errors if "message" in error]
    return ": ".join([answer.get("message", response.reason_phrase).rstrip("."), *details])


def _when(response: httpx.Response) -> str:
    reset = response.headers.get("x-ratelimit-reset")
    return f"after {datetime.fromtimestamp(int(reset)):%H:%M}" if reset else "later"
