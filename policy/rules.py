"""All rules, in the order in which what breaks them is shown."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from cyberhubs.changes.resource import Resource
from policy.containers import containers_unprivileged, images_pinned, socket_for_hubs_only
from policy.hubs import open_hub_stated, password_on_loopback
from policy.machine import data_protected, ssh_restricted
from policy.plain_text import secrets_encrypted
from policy.rule import Finding, Rule, Severity

NO_WAIVERS: Mapping[str, str] = MappingProxyType({})

RULES = (
    Rule(
        "data-protected",
        Severity.ERROR,
        "Volumes and public addresses of a cloud are protected.",
        "A volume that is deleted takes all members' files with it, and an address that is given back is somebody else's.",
        "give it `protect=True` in `components/host/cloud_server.py`",
        data_protected,
    ),
    Rule(
        "images-pinned",
        Severity.ERROR,
        "In production, no image is named by a tag that may move.",
        "Under the same tag a registry may serve another image tomorrow than the one that was tried.",
        "name it with its digest (`make pin` writes it into the stack file, `docker pull` prints it for a Dockerfile), or leave it out for the one that Cyberhubs gets",
        images_pinned,
    ),
    Rule(
        "ssh-restricted",
        Severity.ERROR,
        "ssh is answered to named networks only.",
        "Whoever gets in by ssh is root of all hubs, and a port that everybody reaches is tried all day.",
        "name the networks that may use it, under `ssh.from` of `cyberhubs:host`",
        ssh_restricted,
    ),
    Rule(
        "password-on-loopback",
        Severity.ERROR,
        "Where the login is by password, the front door listens on the loopback only.",
        "All members share the one password: who knows it is whoever they say they are.",
        "use `login: {kind: github}`, or have the front door listen on 127.0.0.1",
        password_on_loopback,
    ),
    Rule(
        "socket-for-hubs-only",
        Severity.ERROR,
        "No container but a hub's has the Docker engine's socket, and that one no more of the machine.",
        "Whoever may use the engine's socket is root of the machine. A hub needs it to start servers; nothing else does.",
        "take that path out of its mounts",
        socket_for_hubs_only,
    ),
    Rule(
        "containers-unprivileged",
        Severity.ERROR,
        "No container has privileges, capabilities, namespaces or devices of the machine, a root file system that it may write to, or root as its user.",
        "Whoever breaks into a container has its rights on the machine, so none has a right that it does not need.",
        "make it by `container()` of `components/containers.py`, which gives none",
        containers_unprivileged,
    ),
    Rule(
        "secrets-encrypted",
        Severity.ERROR,
        "No secret is in plain text in a stack file, or in a property that is not marked as secret.",
        "What is not marked as secret is readable in the state, in previews and in the logs of pull requests.",
        "hand it on as `pulumi.Output.secret`, and by stdin",
        secrets_encrypted,
    ),
    Rule(
        "open-hub-stated",
        Severity.WARNING,
        "A hub that admits everyone says so.",
        "A hub whose lists name nobody admits everybody, which a list that was emptied by mistake does as well.",
        "write everyone: true if that is meant",
        open_hub_stated,
    ),
)


def check(
    resources: Sequence[Resource], waivers: Mapping[str, str] = NO_WAIVERS
) -> Sequence[Finding]:
    """What breaks a rule: errors, warnings, then what is waived. `waivers`: reasons by the rules' names."""
    found = [
        Finding(rule, text, waivers.get(rule.name, ""))
        for rule in RULES
        for text in dict.fromkeys(rule.broken(resources))
    ]
    return sorted(found, key=lambda finding: (bool(finding.waived), not finding.fails))
