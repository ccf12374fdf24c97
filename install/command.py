"""The second stage, in the virtual environment: all else."""

import sys
from collections.abc import Callable, Sequence

from cyberhubs.progress import Report

from . import apt, audit, engine, engine_image, gitleaks, ladder, plugins, pulumi
from .process import alone, in_sentences

ITEMS: dict[str, Callable[[], list[ladder.Item]]] = {
    "pulumi": lambda: [pulumi.Pulumi()],
    "plugins": lambda: [plugins.Plugin(name) for name in plugins.NAMES],
    "engine": lambda: [engine.Engine(), engine.Client()],
    "base": lambda: [engine_image.Base()],
    "caddy": lambda: [engine_image.Caddy()],
    "gitleaks": lambda: [gitleaks.Gitleaks()],
    "audit": lambda: [audit.Audit()],
}
BY_NAME = ("gitleaks", "audit")  # no hub needs it


def main(what: Sequence[str]) -> int:
    if list(what) == ["stop-engine"]:
        return in_sentences(engine.stop)
    named = what or [name for name in ITEMS if name not in BY_NAME]
    return in_sentences(lambda report: ensure(ITEMS, named, report))


def ensure(
    items: dict[str, Callable[[], list[ladder.Item]]], what: Sequence[str], report: Report
) -> None:
    """Those of `items` that are named in `what`, in their own order; all, if none is."""
    with alone(report):
        apt.finish(report)
        for name in [name for name in items if name in (what or items)]:
            for item in items[name]():
                ladder.ensure(item, report)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
