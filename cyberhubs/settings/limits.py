"""`limits` of a hub: the most that one member's server may use."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from cyberhubs.settings.base import Model, read_text

_AMOUNT = re.compile(r"(\d{1,6}(?:\.\d+)?)([KMGT])")
_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
# With less memory, a notebook server and one kernel do not start; a home has to hold what they write.
LEAST = 256 * 2**20
AMOUNT_SCHEMA: dict[str, Any] = {"type": "string", "pattern": rf"^{_AMOUNT.pattern}$"}


def memory(value: Any) -> int:
    """Bytes. Refuses what is not an amount, and too little for a server."""
    return _amount(value, "an amount of memory", "a notebook server")


def disk(value: Any) -> int:
    """The same of a disk, for a home."""
    return _amount(value, "an amount of disk", "a home")


def _amount(value: Any, what: str, for_: str) -> int:
    text = read_text(value)
    match = _AMOUNT.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not {what} — write it as 512M, 2G or 1.5G")
    amount = int(float(match[1]) * _UNITS[match[2]])
    if amount < LEAST:
        raise ValueError(f"{text!r} is too little for {for_} — give 256M or more")
    return amount


class Limits(Model):
    """The most that one member's server may use."""

    memory_bytes: Annotated[
        int,
        BeforeValidator(memory),
        WithJsonSchema(AMOUNT_SCHEMA),
    ] = Field(default=2 * 2**30, alias="memory", json_schema_extra={"default": "2G"})
    """Memory, such as 512M, 2G or 1.5G; where it is used up, the server's largest program is killed."""
    cpus: float = Field(default=1, ge=0.01, le=1024, allow_inf_nan=False)
    """Processors; 0.5 is half of one."""
    pids: int = Field(default=512, ge=64, le=2**22)
    """Processes and threads."""
    disk_bytes: (
        Annotated[
            int,
            BeforeValidator(disk),
            WithJsonSchema(AMOUNT_SCHEMA),
        ]
        | None
    ) = Field(default=None, alias="disk")
    """Disk that a member's home may take, such as 10G, and a file for each 4 KiB of it; needs project quotas, which the
    machine's kernel must have. Data spaces do not count; what the server keeps outside of the home may take as much again,
    where the engine can limit it. Left out: all there is."""
