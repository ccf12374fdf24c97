"""`python -m cyberhubs.machine --stack NAME SCRIPT`: how Pulumi runs a script on a stack's machine.

How to get there is looked up in the stack file each time, so that a key or an address that has
moved is no change of any resource.
"""

import argparse
import os
import subprocess
import sys

from cyberhubs.install import places
from cyberhubs.machine import LocalMachine, MachineError, SshMachine, machine_of
from cyberhubs.settings import SettingsError, load_file


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="cyberhubs.machine",
        description="Runs a script on the machine of a stack, with stdin and output passed on.",
    )
    parser.add_argument("--stack", required=True, help="the stack, of stacks/Pulumi.NAME.yaml")
    parser.add_argument(
        "--engine",
        action="store_true",
        help="run the script here, with DOCKER_HOST as the way to that machine's engine",
    )
    parser.add_argument(
        "--then", metavar="SCRIPT", help="what to run after it, over a new connection"
    )
    parser.add_argument("script", help="for /bin/sh")
    arguments = parser.parse_args()
    file = places.CHECKOUT / "stacks" / f"Pulumi.{arguments.stack}.yaml"
    try:
        machine = machine_of(load_file(file, arguments.stack))
        if arguments.engine:
            with machine.engine() as address:
                here = [*LocalMachine.interpreter, arguments.script]
                return subprocess.run(here, env={**os.environ, "DOCKER_HOST": address}).returncode
        assert isinstance(machine, SshMachine)
        code = machine.execute(arguments.script)
        if code == 0 and arguments.then:
            machine.disconnect()
            code = machine.execute(arguments.then)
    except (MachineError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 1
    if failure := machine.failure(code):
        print(failure, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
