"""Commands on the control machine, where Pulumi runs, that prepare a machine which is yet to be made."""

import pulumi
from pulumi import ResourceOptions
from pulumi_command.local import Command, Logging


def run_locally(
    name: str,
    script: str,
    *,
    triggers: list[pulumi.Input[str]] | None = None,
    secret_output: bool = False,
    opts: ResourceOptions,
) -> pulumi.Output[str]:
    """What a script prints. It runs once, and again when `triggers` change.

    The output is in no log; with `secret_output` it is a secret too.
    """
    secret = ResourceOptions(additional_secret_outputs=["stdout"] if secret_output else None)
    return Command(
        name,
        create=script,
        triggers=triggers,
        logging=Logging.NONE,
        add_previous_output_in_env=False,
        opts=ResourceOptions.merge(opts, secret),
    ).stdout
