"""`python -m cyberhubs.machine --stack NAME SCRIPT`: how Pulumi runs a script on a stack's machine.

The connection is looked up in the stack file each time, so that another key or address changes no
resource. Of a machine in a cloud, address and host key are in the environment.
"""

import argparse
import os
import subprocess
import sys

from cyberhubs import paths
from cyberhubs.machine import (
    BOOT_S,
    Endpoint,
    LocalMachine,
    MachineError,
    SshMachine,
    machine_of,
)
from cyberhubs.machine.endpoint import ADDRESS, HOST_KEY
from cyberhubs.machine.script import called
from cyberhubs.settings import SettingsError, load_host


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="cyberhubs.machine",
        description="Runs a script on the machine of a stack, with stdin and output passed on.",
    )
    parser.add_argument("--stack", required=True, help="the stack, of stacks/Pulumi.NAME.yaml")
    parser.add_argument(
        "--engine",
        action="store_true",
        help="run the script on this machine, with DOCKER_HOST set to that machine's engine",
    )
    parser.add_argument(
        "--then", metavar="SCRIPT", help="what to run after it, over a new connection"
    )
    parser.add_argument(
        "--new",
        metavar="KEY",
        help="wait for a machine that has just been made and may still show this host key",
    )
    parser.add_argument(
        "--leaving", action="store_true", help="all is well if the machine does not answer"
    )
    parser.add_argument("script", help="for /bin/sh")
    arguments = parser.parse_args()
    stack, endpoint = arguments.stack, None
    if ADDRESS in os.environ:
        endpoint = Endpoint(os.environ[ADDRESS], os.environ[HOST_KEY])
    try:
        machine = machine_of(stack, load_host(paths.stack_file(stack), stack), endpoint)
        if arguments.engine:
            with machine.engine() as address:
                command = [*LocalMachine.interpreter, arguments.script]
                environment = {**os.environ, "DOCKER_HOST": address}
                return subprocess.run(command, env=environment).returncode
        assert isinstance(machine, SshMachine)
        if arguments.new:
            machine.disconnect()  # from the one before at its address
            machine = SshMachine(machine.connection, first_key=arguments.new, answer_s=BOOT_S)
        code = machine.execute(called(arguments.script))
        if code == 0 and arguments.then:
            machine.disconnect()
            code = machine.execute(called(arguments.then))
    except (MachineError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 0 if arguments.leaving and isinstance(error, MachineError) else 1
    if failure := machine.failure(code):
        print(failure, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
