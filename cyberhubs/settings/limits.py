"""`limits` of a hub: the most that one member's server may use."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from cyberhubs.settings.base import Model, read_text

_MEMORY = re.compile(r"(\d{1,6}(?:\.\d+)?)([KMGT])")
_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
LEAST_MEMORY = 256 * 2**20  # a notebook server and one kernel do not start with less


MEMORY_SCHEMA: dict[str, Any] = {"type": "string", "pattern": rf"^{_MEMORY.pattern}$"}


def memory(value: Any) -> int:
    """Bytes. Refuses what is not an amount, and too little for a server."""
    text = read_text(value)
    match = _MEMORY.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not an amount of memory — write it as 512M, 2G or 1.5G")
    amount = int(float(match[1]) * _UNITS[match[2]])
    if amount < LEAST_MEMORY:
        raise ValueError(f"{text!r} is too little for a notebook server — give 256M or more")
    return amount


class Limits(Model):
    """The most that one member's server may use."""

    memory_bytes: Annotated[
        int,
        BeforeValidator(memory),
        WithJsonSchema(MEMORY_SCHEMA),
    ] = Field(default=2 * 2**30, alias="memory", json_schema_extra={"default": "2G"})
    """Memory, such as 512M, 2G or 1.5G; where it is used up, the server's largest program is killed."""
    cpus: float = Field(default=1, ge=0.01, le=1024, allow_inf_nan=False)
    """Processors; 0.5 is half of one."""
    pids: int = Field(default=512, ge=64, le=2**22)
    """Processes and threads."""
