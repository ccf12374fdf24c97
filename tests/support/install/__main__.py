"""python -m tests.support.install ITEM ...: sets up what is missing.

browser is Chromium; ssh: ssh, ip and curl, for tests of machines and networks; acl: rights that new files of a folder get; acme: pebble, an
authority for certificates; load: wrk, which asks a server as fast as it answers; actionlint: the linter of workflows.
"""

import argparse
import sys
from collections.abc import Callable

from install import ladder
from install.command import ensure
from install.process import in_sentences
from tests.support.install import actionlint, browser, tools

ITEMS: dict[str, Callable[[], list[ladder.Item]]] = {
    "browser": lambda: [browser.Driver(), browser.Browser()],
    "ssh": lambda: [
        tools.Tool("openssh-client", "ssh", "ssh-keygen"),
        tools.Tool("iproute2", "ip"),
        tools.Tool("curl"),
    ],
    "acl": lambda: [tools.Tool("acl", "setfacl", "getfacl")],
    "acme": lambda: [tools.Tool("pebble", "pebble", "pebble-challtestsrv")],
    "load": lambda: [tools.Tool("wrk")],
    "actionlint": lambda: [actionlint.Actionlint()],
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("item", nargs="+", choices=ITEMS)
    items: list[str] = parser.parse_args().item
    sys.exit(in_sentences(lambda report: ensure(ITEMS, items, report)))
