"""The command line of the ladder."""

import argparse
import shlex
import signal
from collections.abc import Callable
from types import FrameType

from cyberhubs import pulumi_env
from cyberhubs.errors import UserError, trouble
from cyberhubs.progress import Report

from . import apt, base, browser, caddy, engine, ladder, plugins, pulumi, tools, venv
from .process import alone

ITEMS: dict[str, Callable[[], list[ladder.Item]]] = {
    "venv": lambda: [venv.Venv("run")],
    "dev": lambda: [venv.Venv("dev")],
    "pulumi": lambda: [pulumi.Pulumi()],
    "plugins": lambda: [plugins.Plugin(name) for name in plugins.NAMES],
    "engine": lambda: [engine.Engine(), engine.Client()],
    "base": lambda: [base.Base()],
    "caddy": lambda: [caddy.Caddy()],
    "browser": lambda: [browser.Driver(), browser.Browser()],
    "ssh": lambda: [
        tools.Tool("openssh-client", "ssh", "ssh-keygen"),
        tools.Tool("iproute2", "ip"),
    ],
    "acme": lambda: [tools.Tool("pebble", "pebble", "pebble-challtestsrv")],
    "load": lambda: [tools.Tool("wrk")],
}
DEFAULT = ["venv", "pulumi", "plugins", "engine", "base", "caddy"]
HELP = """\
Sets up what is missing, each thing by the first way that holds: what is there, the vendor's own
download, what package registries carry. A stopped run goes on where it was.

  venv      .venv, the Python packages of the program
  dev       .venv with those of tests and lint as well
  pulumi    Pulumi's command line and its Python language host
  plugins   the providers docker and command (needs venv and pulumi)
  engine    a Docker engine that answers, and its client
  base      the image that all of ours are built from (needs engine)
  caddy     the image that the front door's program is taken from (needs engine)
  browser   Chromium, only for tests (needs dev)
  ssh       ssh and ip, for tests of machines
  acme      pebble, an authority for certificates, only for tests
  load      wrk, which asks a server as fast as it answers, only for benchmarks

  env          prints what plain pulumi needs: eval "$(python3 -m install env)"
  stop-engine  stops the Docker engine if this started it and no container runs

Things are kept in CYBERHUBS_HOME (default ~/.cyberhubs) and .venv.
"""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python3 -m install",
        description=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "what",
        nargs="*",
        metavar="what",
        help=f"default: {' '.join(DEFAULT)}",
    )
    what: list[str] = parser.parse_args(argv).what
    report = Report()
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        if what == ["env"]:
            try:
                added = pulumi_env.variables()
                pulumi_env.passphrase()
            except (UserError, OSError):
                print("false")  # or eval would take what it gets for a success
                raise
            for name, value in added.items():
                print(f"export {name}={shlex.quote(value)}")
            return 0
        if what == ["stop-engine"]:
            engine.stop(report)
            return 0
        if unknown := [name for name in what if name not in ITEMS]:
            parser.error(f"unknown: {', '.join(unknown)} (choose from {', '.join(ITEMS)})")
        with alone(report):
            apt.finish(report)
            for name in [name for name in ITEMS if name in (what or DEFAULT)]:
                for item in ITEMS[name]():
                    ladder.ensure(item, report)
    except UserError as error:
        report.line(str(error))
        return 1
    except KeyboardInterrupt:
        report.line("Interrupted: run the same command again to go on from there.")
        return 130
    except OSError as error:
        report.line(trouble(error))
        return 1
    return 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
