"""How figures are taken and shown."""

import statistics
import sys
import time
from collections.abc import Callable, Sequence


def timed(action: Callable[..., object], *arguments: object) -> float:
    """Seconds."""
    began = time.monotonic()
    action(*arguments)
    return time.monotonic() - began


def show(
    what: str,
    figures: Sequence[float],
    unit: str = "s",
    *,
    against: Sequence[float] | None = None,
    beside: str = "",
) -> None:
    """The median and the worst, beside the median of something else."""
    median = statistics.median(figures)
    line = f"{what:34} {median:8.2f} {unit}"
    if len(figures) > 1:
        line += f"   worst of {len(figures)} {max(figures):6.2f} {unit}"
    if against:
        other = statistics.median(against)
        line += f"   {median / other:5.2f} × {beside} {other:.2f} {unit} (worst {max(against):.2f})"
    print(line, flush=True)


def show_rate(
    what: str, unit: str, rates: Sequence[float], against: Sequence[float], beside: str
) -> None:
    """The median of what is the better the more it is, beside that of something else."""
    median, other = statistics.median(rates), statistics.median(against)
    print(
        f"{what:34} {median:8.0f} {unit}   {median / other:5.2f} × {beside} {other:.0f} {unit}",
        flush=True,
    )


def progress(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)
