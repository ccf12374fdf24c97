"""The first stage, by whatever Python there is: the virtual environment, and the rest inside of it."""

import argparse
import os
import shlex
from collections.abc import Sequence

from cyberhubs import paths, pulumi_env
from cyberhubs.errors import UserError
from cyberhubs.progress import Report

from . import ladder, venv
from .process import in_sentences

ITEMS = ("venv", "dev", "pulumi", "plugins", "engine", "base", "caddy", "gitleaks", "audit")
HELP = """\
Sets up what is missing, each thing by the first way that holds: what is there, the vendor's own
download, what package registries carry. A stopped run goes on where it was.

  venv      .venv, the Python packages of the program; comes with each of the others
  dev       .venv with those of tests and lint as well
  pulumi    Pulumi's command line and its Python language host
  plugins   the providers docker, command, openstack and github (needs pulumi)
  engine    a Docker engine that answers, and its client
  base      the image that all of ours are built from (needs engine)
  caddy     the image that the front door's program is taken from (needs engine)
  gitleaks  what looks for secrets in stack files and git's history
  audit     what looks for known vulnerabilities of Python packages

  env          prints what plain pulumi needs: eval "$(python3 -m install env)"
  stop-engine  stops the Docker engine if this started it and no container runs

Things are kept in CYBERHUBS_HOME (default ~/.cyberhubs) and .venv.
"""


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python3 -m install",
        description=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "what", nargs="*", metavar="what", help="default: all but dev, gitleaks and audit"
    )
    what: list[str] = parser.parse_args(argv).what
    if what == ["env"]:
        return in_sentences(print_environment)
    if what != ["stop-engine"] and (unknown := [name for name in what if name not in ITEMS]):
        parser.error(f"unknown: {', '.join(unknown)} (choose from {', '.join(ITEMS)})")

    def second_stage(report: Report) -> None:
        ladder.ensure(venv.Venv("dev" if "dev" in what else "run"), report)
        rest = [name for name in what if name not in ("venv", "dev")]
        if rest or not what:
            python = str(paths.VENV / "bin/python")
            os.execv(python, [python, "-m", "install.command", *rest])

    return in_sentences(second_stage)


def print_environment(report: Report) -> None:
    try:
        added = pulumi_env.variables()
        pulumi_env.passphrase()
    except (UserError, OSError):
        print("false")  # or eval would take what it gets for a success
        raise
    for name, value in added.items():
        print(f"export {name}={shlex.quote(value)}")
