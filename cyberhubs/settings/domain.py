"""`cyberhubs:domain`: the name under which the hubs are reached."""

import re
from typing import Annotated

from pydantic import AfterValidator

from cyberhubs.settings.base import Text

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def _domain(value: str) -> str:
    name = value.lower().rstrip(".")
    labels = name.split(".")
    if (
        len(name) > 253
        or len(labels) < 2
        or labels[-1].isdigit()
        or not all(map(_LABEL.fullmatch, labels))
    ):
        raise ValueError(
            f"{value!r} is not a domain name — write the name alone, such as hub.example.org"
        )
    return name


Domain = Annotated[Text, AfterValidator(_domain)]
