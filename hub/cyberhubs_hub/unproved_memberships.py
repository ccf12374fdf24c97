"""Whose membership GitHub does not say at the moment, and why: kept by the enforcer, for the hub's pages, for
`make access`, and for the enforcer of a hub that starts again."""

import hashlib
import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path

log = logging.getLogger("jupyterhub.unproved")


@dataclass(frozen=True)
class Unproved:
    """`since`: of the first question without an answer, in seconds of the epoch. `token`: the mark of the one
    that another sign-in has to replace; None where that does not help."""

    since: float
    reason: str
    token: str | None


def mark(token: str) -> str:
    """Tells tokens apart without keeping them."""
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def read(path: Path) -> dict[str, Unproved]:
    try:
        return {name: Unproved(**about) for name, about in json.loads(path.read_text()).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        log.warning("%s cannot be used: %s", path, error)
        return {}


def write(path: Path, found: dict[str, Unproved]) -> None:
    """Whole or not at all."""
    new = path.with_suffix(".new")
    try:
        new.write_text(json.dumps({name: asdict(found[name]) for name in sorted(found)}, indent=2))
        new.replace(path)
    except OSError as error:
        log.warning("%s cannot be written: %s", path, error)
