"""What is looked at and put right on a stack's host before an update, or refused: a class for each kind of host."""

from cyberhubs.ops.preflight.base import Preflight
from cyberhubs.ops.preflight.local import LocalPreflight
from cyberhubs.ops.preflight.openstack import OpenStackPreflight
from cyberhubs.ops.preflight.ssh import SshPreflight
from cyberhubs.ops.stack import Stack
from cyberhubs.settings.host import LocalHostSettings, OpenStackHostSettings, SshHostSettings

__all__ = ["Preflight", "preflight_of"]


def preflight_of(stack: Stack) -> Preflight:
    match stack.settings.host:
        case LocalHostSettings():
            return LocalPreflight(stack)
        case SshHostSettings():
            return SshPreflight(stack)
        case OpenStackHostSettings() as host:
            return OpenStackPreflight(stack, host)
