"""Containers of the program: none has a right it does not need."""

from collections.abc import Mapping

import pulumi
import pulumi_docker as docker
from pulumi import ResourceOptions

from components.host import Host
from cyberhubs.names import bridge

SECOND_SIGNAL_S = 10  # from a polite stop to a kill


def container(
    name: str,
    host: Host,
    *,
    container_name: str,
    labels: Mapping[str, str],
    memory: int,
    opts: ResourceOptions,
    **properties,
) -> docker.Container:
    """A container as the host's user, with a read-only root. `memory` in MB; it gets no swap."""
    return docker.Container(
        name,
        name=container_name,
        labels=_labels(docker.ContainerLabelArgs, host.labels(labels)),
        user=f"{host.user.uid}:{host.user.gid}",
        init=True,
        read_only=True,
        capabilities=docker.ContainerCapabilitiesArgs(drops=["ALL"]),
        security_opts=["no-new-privileges"],
        restart="unless-stopped",
        memory=memory,
        memory_swap=memory,
        destroy_grace_seconds=SECOND_SIGNAL_S,
        log_driver="json-file",
        log_opts={"max-size": "10m", "max-file": "3"},
        opts=ResourceOptions.merge(opts, _host_options(host)),
        **properties,
    )


def network(
    name: str, host: Host, *, network_name: str, labels: Mapping[str, str], opts: ResourceOptions
) -> docker.Network:
    """A network, made once: every setting of it replaces it, with all containers on it."""
    options = {
        "com.docker.network.bridge.name": bridge(network_name),
        "com.docker.network.driver.mtu": host.mtu,
    }
    return docker.Network(
        name,
        name=network_name,
        driver="bridge",
        options=options if host.mtu else None,
        labels=_labels(docker.NetworkLabelArgs, host.labels(labels)),
        opts=ResourceOptions.merge(opts, _host_options(host)),
    )


def attach(network: pulumi.Input[str], alias: str) -> docker.ContainerNetworksAdvancedArgs:
    """A container's place on a network, where the others find it by `alias`."""
    return docker.ContainerNetworksAdvancedArgs(name=network, aliases=[alias])


def bind(source: str, target: str, *, read_only: bool = True) -> docker.ContainerMountArgs:
    """A path of the host, seen inside."""
    return docker.ContainerMountArgs(type="bind", source=source, target=target, read_only=read_only)


def private_tmpfs(host: Host) -> str:
    """Options of a directory in memory that the container's user alone may see into."""
    return f"rw,nosuid,nodev,mode=0700,uid={host.user.uid},gid={host.user.gid}"


def healthcheck(*command: str) -> docker.ContainerHealthcheckArgs:
    """Healthy while `command`, run inside, succeeds."""
    return docker.ContainerHealthcheckArgs(
        tests=["CMD", *command],
        interval="30s",
        timeout="10s",
        retries=3,
        start_period="1m0s",
    )


def _host_options(host: Host) -> ResourceOptions:
    return ResourceOptions(
        provider=host.docker,
        deleted_with=host.machine,
        # Its name, and a container's ports, are taken until it is gone.
        delete_before_replace=True,
    )


def _labels(kind, labels: Mapping[str, pulumi.Input[str]]) -> list:
    return [kind(label=key, value=value) for key, value in labels.items()]
