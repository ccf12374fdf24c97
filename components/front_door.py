"""Where visitors come in."""

from dataclasses import dataclass

import pulumi
import pulumi_docker as docker
from pulumi import ComponentResource, ResourceOptions

from components.host import Host
from cyberhubs.names import ROLE, STACK, door_network


@dataclass
class FrontDoorArgs:
    host: Host
    stack: str


class FrontDoor(ComponentResource):
    """The permanent network that every hub's proxy joins: adding or removing a hub leaves it alone."""

    network: pulumi.Output[str]

    def __init__(self, name: str, args: FrontDoorArgs, opts: ResourceOptions | None = None):
        super().__init__("cyberhubs:door:FrontDoor", name, {}, opts)
        labels = {STACK: args.stack, ROLE: "door"}
        self.network = docker.Network(
            f"{name}-network",
            name=door_network(args.stack),
            driver="bridge",
            labels=[
                docker.NetworkLabelArgs(label=key, value=value) for key, value in labels.items()
            ],
            opts=ResourceOptions(parent=self, provider=args.host.docker),
        ).name
        self.register_outputs({"network": self.network})
