"""What a change does to a resource. The program states it: providers differ in what they do unasked, and the
official one of Docker says of a container's mounts that it updates them, and does nothing.

For each type the inputs that change in place, and those whose change makes a new resource.
"""

import pulumi
from pulumi import ResourceOptions

IN_PLACE: dict[str, tuple[str, ...]] = {
    "pulumi:providers:docker": ("host", "sshOpts", "disableDockerDaemonCheck"),
    "pulumi:providers:github": ("owner", "baseUrl", "token"),
    "command:local:Command": (
        "interpreter",
        "create",
        "update",
        "delete",
        "stdin",
        "environment",
        "logging",
        "addPreviousOutputInEnv",
    ),
    "docker:index/container:Container": ("restart", "memory", "memorySwap", "destroyGraceSeconds"),
    "docker:index/network:Network": (),
    "github:index/team:Team": ("name", "privacy"),
    "github:index/teamMembership:TeamMembership": (),
    "openstack:blockstorage/volume:Volume": ("name", "description", "size", "enableOnlineResize"),
    "openstack:compute/instance:Instance": ("name", "stopBeforeDestroy"),
    "openstack:compute/keypair:Keypair": (),
    "openstack:compute/volumeAttach:VolumeAttach": (),
    "openstack:networking/floatingIp:FloatingIp": ("description",),
    "openstack:networking/floatingIpAssociate:FloatingIpAssociate": ("portId",),
    "openstack:networking/network:Network": ("name", "adminStateUp"),
    "openstack:networking/port:Port": ("name", "securityGroupIds", "adminStateUp"),
    "openstack:networking/router:Router": ("name", "externalNetworkId", "adminStateUp"),
    "openstack:networking/routerInterface:RouterInterface": (),
    "openstack:networking/secGroup:SecGroup": ("name", "description"),
    "openstack:networking/secGroupRule:SecGroupRule": (),
    "openstack:networking/subnet:Subnet": ("name",),
}
REPLACES: dict[str, tuple[str, ...]] = {
    "command:local:Command": ("triggers",),
    "docker:index/container:Container": (
        "name",
        "image",
        "labels",
        "user",
        "init",
        "readOnly",
        "capabilities",
        "securityOpts",
        "logDriver",
        "logOpts",
        "networksAdvanced",
        "ports",
        "groupAdds",
        "envs",
        "mounts",
        "tmpfs",
        "sysctls",
        "healthcheck",
    ),
    "docker:index/network:Network": ("name", "driver", "options", "labels"),
    "github:index/teamMembership:TeamMembership": ("teamId", "username"),
    "openstack:compute/instance:Instance": (
        "imageId",
        "flavorId",
        "blockDevices",
        "keyPair",
        "networks",
        "userData",
    ),
    "openstack:compute/keypair:Keypair": ("name", "publicKey"),
    "openstack:compute/volumeAttach:VolumeAttach": ("instanceId", "volumeId"),
    "openstack:networking/floatingIp:FloatingIp": ("pool",),
    "openstack:networking/floatingIpAssociate:FloatingIpAssociate": ("floatingIp",),
    "openstack:networking/port:Port": ("networkId",),
    "openstack:networking/routerInterface:RouterInterface": ("routerId", "subnetId"),
    "openstack:networking/secGroup:SecGroup": ("deleteDefaultRules",),
    "openstack:networking/secGroupRule:SecGroupRule": (
        "securityGroupId",
        "direction",
        "ethertype",
        "protocol",
        "portRangeMin",
        "portRangeMax",
        "remoteIpPrefix",
    ),
    "openstack:networking/subnet:Subnet": ("networkId", "cidr", "ipVersion"),
}


def state_what_replaces() -> None:
    """For every resource that is registered from here on."""
    pulumi.runtime.register_stack_transformation(_with_replacements)


def _with_replacements(
    args: pulumi.ResourceTransformationArgs,
) -> pulumi.ResourceTransformationResult | None:
    if not (replaces := REPLACES.get(args.type_)):
        return None
    stated = ResourceOptions(replace_on_changes=list(replaces))
    return pulumi.ResourceTransformationResult(args.props, ResourceOptions.merge(args.opts, stated))
