"""Files of other machines, mounted on the host for data spaces."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pulumi
from pulumi import ComponentResource, ResourceOptions

from components.host import Host
from cyberhubs.machine.mounts import mount_arguments, mount_files
from cyberhubs.machine.script import call
from cyberhubs.settings import Settings


@dataclass
class MountsArgs:
    """`before`: what comes first, and so comes whether others' machines answer or not."""

    settings: Settings
    host: Host
    before: Sequence[pulumi.Resource]


class Mounts(ComponentResource):
    def __init__(self, name: str, args: MountsArgs, opts: ResourceOptions | None = None):
        super().__init__("cyberhubs:mounts:Mounts", name, {}, opts)
        settings, of_none = args.settings, replace(args.settings, mounts={})
        args.host.command(
            f"{name}-made",
            call("mounts", *mount_arguments(settings)),
            stdin=pulumi.Output.secret(mount_files(settings.mounts)),
            delete=call("mounts", *mount_arguments(of_none)),
            shown=True,
            opts=ResourceOptions(parent=self, depends_on=[*args.before]),
        )
        self.register_outputs({})
