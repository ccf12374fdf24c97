"""`python -m cyberhubs.workflows comment OF`, `… issue FOLDER STACK …`: what `make comment` and `make issue` call."""

import argparse
import os
import sys
from pathlib import Path

from cyberhubs.errors import UserError
from cyberhubs.workflows.api import Repository
from cyberhubs.workflows.comment import comment
from cyberhubs.workflows.issue import issue


def main() -> int:
    parser = argparse.ArgumentParser(prog="cyberhubs.workflows", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    of = commands.add_parser("comment")
    of.add_argument("of", choices=["changes", "preview"])
    drift = commands.add_parser("issue")
    drift.add_argument("folder", type=Path)
    drift.add_argument("stacks", nargs="+")
    arguments = parser.parse_args()
    try:
        repository = Repository(os.environ)
        if arguments.command == "comment":
            print(comment(repository, arguments.of, os.environ))
        else:
            run = os.environ.get("RUN_URL", "make issue")
            print(issue(repository, arguments.folder, arguments.stacks, run))
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
