"""`cyberhubs:waivers`: rules of `policy/` that a stack may break."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from cyberhubs.settings.base import read_text
from cyberhubs.settings.problems import one_of

RULES = (
    "data-protected",
    "images-pinned",
    "ssh-restricted",
    "password-on-loopback",
    "socket-for-hubs-only",
    "containers-unprivileged",
    "secrets-encrypted",
    "open-hub-stated",
)
"""Their names, which a stack file may say; what they mean is in `policy/`."""


def _rule_name(value: str) -> str:
    if value not in RULES:
        raise ValueError(f"{value!r} is not a rule — {one_of(value, RULES)}")
    return value


RuleName = Annotated[str, BeforeValidator(read_text), AfterValidator(_rule_name)]
