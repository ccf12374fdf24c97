"""What the last update has answered: `output` all of it, `password` what is secret."""

import json

from cyberhubs.ops.stack import Stack


def output(stack: Stack) -> None:
    print(json.dumps(stack.outputs(), indent=2, sort_keys=True))


def password(stack: Stack) -> None:
    for hub, secret in stack.outputs(secrets=True).get("passwords", {}).items():
        print(f"{hub}: {secret}")
