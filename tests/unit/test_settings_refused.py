"""What a stack file may not say: refused by both ways in, `load` and `load_file`."""

from pathlib import Path
from typing import Any

import pytest

from cyberhubs.settings import SettingsError, load, load_file, load_host
from cyberhubs.settings.host import CHECKOUT
from tests.support.stack_values import (
    ACME,
    CORE,
    EXTERNAL,
    GITHUB,
    GOOD,
    OPENSTACK,
    SSH,
    changed,
    changed_host,
    write,
)


def problems_of(raw: dict[str, Any], folder: Path) -> list[str]:
    """What `load` finds; `load_file` must find the same, and say on which line."""
    with pytest.raises(SettingsError) as by_value:
        load(raw, "test", folder)
    with pytest.raises(SettingsError) as by_file:
        load_file(write(folder, raw), "test")
    lines = [problem.partition(" (line ") for problem in by_file.value.problems]
    without_lines = [at + rest.partition(")")[2] for at, _, rest in lines]
    assert sorted(without_lines) == sorted(by_value.value.problems)
    return by_value.value.problems


GIT = "https://example.org/group/name"
LOGIN = {"user": "ada", "password": "hunter2"}
# Path, value, the path as reported, and words of the message.
BAD: list[tuple[tuple[str | int, ...], Any, str, str]] = [
    (
        ("waivers", "ssh-restrict"),
        "so",
        "waivers.ssh-restrict",
        "is not a rule — did you mean ssh-restricted?",
    ),
    (("waivers", "all"), "so", "waivers.all", "is not a rule — known are data-protected, images"),
    (("waivers", "images-pinned"), "", "waivers.images-pinned", "is empty — give a text"),
    (("waivers", "images-pinned"), True, "waivers.images-pinned", "is a boolean, not text"),
    (("waivers",), ["images-pinned"], "waivers", "is a list, a mapping belongs here"),
    (("hots",), {}, "hots", "not a known key — did you mean host?"),
    (("host",), ..., "host", "is missing — add it, such as cyberhubs:host: {kind: local"),
    (("host",), "local", "host", "is text, a mapping belongs here"),
    (("host", "kind"), "vm", "host.kind", "'vm' is not known — write openstack or ssh or local"),
    (("host", "kind"), ..., "host.kind", "is missing — write openstack or ssh or local"),
    (("host", "kind"), 5, "host.kind", "5 is not known"),
    (("host", "kind"), ["local"], "host.kind", "a list is not known"),
    (("host", "data", "path"), "data", "host.data.path", "'data' is a relative path"),
    (("host", "data", "path"), "~ada/hubs", "host.data.path", "is a relative path"),
    (("host", "data", "path"), "/", "host.data.path", "belongs to the system"),
    (("host", "data", "path"), "/etc/hubs", "host.data.path", "belongs to the system"),
    (("host", "data", "path"), "//etc/hubs", "host.data.path", "belongs to the system"),
    (("host", "data", "path"), "/var", "host.data.path", "belongs to the system"),
    (("host", "data", "path"), "~/", "host.data.path", "is your home"),
    (("host", "data", "path"), f"{CHECKOUT}/data", "host.data.path", "where this program is"),
    (("host", "data", "path"), "/srv/../etc", "host.data.path", "goes up with .."),
    (("host", "data", "path"), "/srv/a:b", "host.data.path", "colon"),
    (("host", "data", "path"), "/srv/a\nb", "host.data.path", "line break"),
    (("host", "data", "path"), 5, "host.data.path", "5 is a number, not text — quote it"),
    (("host", "data", "pth"), "/srv", "host.data.pth", "did you mean path?"),
    (("metrics",), {"prometheus": True}, "metrics.prometheus", "a mapping belongs here"),
    (
        ("metrics",),
        {"prometheus": {"retentionDays": 0}},
        "metrics.prometheus.retentionDays",
        "0 is too small",
    ),
    (
        ("metrics",),
        {"prometheus": {"retentionGb": 0.5}},
        "metrics.prometheus.retentionGb",
        "0.5 is not a whole number",
    ),
    (
        ("metrics",),
        {"prometheus": {"hub": "cor"}},
        "metrics.prometheus.hub",
        "'cor' is not a hub of this stack — did you mean core?",
    ),
    (("tls",), ..., "tls", "is missing"),
    (("tls",), "none", "tls", "is text, a mapping belongs here"),
    (("tls", "mode"), "selfsigned", "tls.mode", "known are acme, files, internal, none"),
    (("tls", "port"), "8000", "tls.port", "'8000' is not a whole number"),
    (("tls", "port"), True, "tls.port", "not a whole number"),
    (("tls", "port"), 65536, "tls.port", "65536 is too large — give at most 65535"),
    (("tls",), {**ACME, "port": 0}, "tls.port", "0 is too small"),
    (("proxy",), {"url": "proxy.example.org:3128"}, "proxy.url", "write it as http://proxy"),
    (("proxy",), {"url": "http://me:hush@proxy.example.org:3128"}, "proxy.url", "has a password"),
    (("proxy",), {"url": "http://a:1", "direct": ["a,b"]}, "proxy.direct[0]", "write a list"),
    (("tls",), {**ACME, "port": 80}, "tls", "has port and httpPort 80"),
    (("tls",), {**ACME, "listen": "hub"}, "tls.listen", "'hub' is not an IP address"),
    (("tls",), {**EXTERNAL, "listen": "192.0.2.7"}, "tls", "is missing trustedProxies"),
    (("tls",), {**EXTERNAL, "trustedProxies": ["192.0.2.0/24"]}, "tls", "on the machine itself"),
    (("tls",), {**EXTERNAL, "listen": "::1"}, "tls", "use IPv4"),
    (
        ("tls",),
        {**EXTERNAL, "trustedProxies": ["balancer"]},
        "tls.trustedProxies[0]",
        "write a network",
    ),
    (("tls",), {**ACME, "email": "ops"}, "tls.email", "is not an e-mail address"),
    (("tls",), {**ACME, "email": "a{b}@c.d"}, "tls.email", "is not an e-mail address"),
    (("tls",), {**ACME, "directory": "http://ca/dir"}, "tls.directory", "not an https address"),
    (("tls",), {**ACME, "directory": "https://c a"}, "tls.directory", "not an https address"),
    (("tls",), {**ACME, "ca": "/nowhere.pem"}, "tls.ca", "No such"),
    (("tls",), {"mode": "files", "key": "x"}, "tls.certificate", "is missing"),
    (("tls",), {"mode": "none", "listen": "0.0.0.0"}, "tls.listen", "is not a known key"),
    (("host", "address"), "example.org", "host.address", "is not an IP address"),
    (("domain",), "hub.example.org", "domain", "has no use with tls.mode none"),
    (("domain",), "https://hub.example.org", "domain", "not a domain name"),
    (("domain",), "192.0.2.7", "domain", "not a domain name"),
    (("user",), {"uid": 0}, "user.uid", "0 is too small — give at least 1"),
    (("user",), {"gid": 2**31}, "user.gid", "too large"),
    (("images",), {"siteCertificates": ["ca.pem"]}, "images.siteCertificates[0]", "relative path"),
    (("images",), {"siteCertificates": ["/nowhere.pem"]}, "images.siteCertificates[0]", "No such"),
    (("images",), {"lock": "none.lock.yaml"}, "images.lock", "`make publish` writes it"),
    (
        ("images",),
        {"lock": f"{CHECKOUT}/Makefile"},
        "images.lock",
        "is not as `make publish` has written it",
    ),
    (("registries", "https://a.b"), LOGIN, "registries.https://a.b", "write its name as in its"),
    (("registries", "a.b"), {"user": "ada"}, "registries.a.b.password", "is missing"),
    (("registries", "a.b"), {**LOGIN, "user": 7}, "registries.a.b.user", "quote it"),
    (("applications", "x"), {"combine": []}, "applications.x.combine", "name at least 2"),
    (
        ("applications", "x"),
        {"combine": ["astrohub"]},
        "applications.x.combine",
        "is too short — name at least 2",
    ),
    (
        ("applications", "x"),
        {"repository": {"url": GIT}},
        "applications.x.repository.commit",
        "is missing",
    ),
    (
        ("applications", "x"),
        {"repository": {"url": GIT, "commit": "main"}},
        "applications.x.repository.commit",
        "`git ls-remote URL main` shows",
    ),
    (
        ("applications", "x"),
        {"repository": {"url": GIT, "commit": "8ff32a2"}},
        "applications.x.repository.commit",
        "'8ff32a2' is not a whole commit",
    ),
    *(
        (
            ("applications", "x"),
            {"repository": {"url": url, "commit": "8" * 39 + "f"}},
            "applications.x.repository.url",
            said,
        )
        for url, said in (
            ("https://ada:hunter2@example.org/group/name", "names a user, or a password"),
            ("https://token@example.org/group/name", "names a user, or a password"),
            ("git@example.org:group/name", "write it as https://example.org/group/name"),
            ("https://example.org/", "write it as https://example.org/group/name"),
            ("/srv/name.git", "write it as https://example.org/group/name"),
            ("--upload-pack=x", "write it as https://example.org/group/name"),
        )
    ),
    (
        ("applications", "x"),
        {"image": "a.b/c", "combine": ["astrohub", "mlhub"]},
        "applications.x",
        "says image and combine — give either image or build or repository or combine",
    ),
    (("hubs",), ..., "hubs", "is missing"),
    (("hubs",), {}, "hubs", "name at least 1"),
    (("hubs",), [], "hubs", "is a list, a mapping belongs here"),
    (("hubs", "Core"), GOOD["hubs"]["core"], "hubs.Core", "cannot be part of an address"),
    (("hubs", "a/b"), GOOD["hubs"]["core"], "hubs.a/b", "cannot be part of an address"),
    (("hubs", "a.b"), GOOD["hubs"]["core"], "hubs.a.b", "cannot be part of an address"),
    (("hubs", "7up"), GOOD["hubs"]["core"], "hubs.7up", "cannot be part of an address"),
    (("hubs", "end-"), GOOD["hubs"]["core"], "hubs.end-", "cannot be part of an address"),
    (("hubs", "x" * 31), GOOD["hubs"]["core"], f"hubs.{'x' * 31}", "cannot be part of an address"),
    (("hubs", "door"), GOOD["hubs"]["core"], "hubs.door", "has a meaning already"),
    (CORE, None, "hubs.core", "is empty, a mapping belongs here"),
    ((*CORE, "title"), 2026, "hubs.core.title", "2026 is a number, not text — quote it"),
    ((*CORE, "title"), " ", "hubs.core.title", "is empty"),
    ((*CORE, "title"), None, "hubs.core.title", "is empty"),
    ((*CORE, "logo"), "none.png", "hubs.core.logo", "there is no file"),
    ((*CORE, "logo"), "~nobody-here/logo.png", "hubs.core.logo", "there is no file"),
    ((*CORE, "logo"), "logo.gif", "hubs.core.logo", "give a .png or .svg file"),
    (("images", "refreshed"), "31.1.2027", "images.refreshed", "is not a day — write it as 2027"),
    (("images", "refreshed"), "2999-01-31", "images.refreshed", "2999-01-31 is yet to come"),
    (("images", "refreshed"), 2027, "images.refreshed", "2027 is not a day"),
    (("images", "held"), {"corhub": "a:1"}, "images.held.corhub", "did you mean corehub?"),
    (("images", "held"), {"corehub": "A"}, "images.held.corehub", "'A' is not an image"),
    ((*CORE, "applications"), [], "hubs.core.applications", "name at least 1"),
    ((*CORE, "applications"), "corehub", "hubs.core.applications", "is text, a list belongs here"),
    ((*CORE, "applications"), ["corhub"], "hubs.core.applications[0]", "did you mean corehub?"),
    ((*CORE, "applications"), ["x"], "hubs.core.applications[0]", "'x' is not a known application"),
    ((*CORE, "applications"), ["corehub"] * 2, "hubs.core.applications[1]", "is there twice"),
    (
        (*CORE, "interface"),
        "labs",
        "hubs.core.interface",
        "'labs' is not known — did you mean lab?",
    ),
    ((*CORE, "login"), "password", "hubs.core.login", "write one, such as login: {kind: password}"),
    ((*CORE, "login"), {"kind": "ldap"}, "hubs.core.login.kind", "'ldap' is not known"),
    ((*CORE, "access", "admins"), "ada", "hubs.core.access.admins", "is text, a list belongs here"),
    ((*CORE, "access", "admins"), None, "hubs.core.access.admins", "is empty, a list belongs here"),
    ((*CORE, "access", "admins"), ["MALLORY"], "hubs.core.access", "has mallory among admins"),
    ((*CORE, "access", "admins"), {"file": "no.txt"}, "hubs.core.access.admins", "cannot read"),
    (
        (*CORE, "access", "allowed"),
        ["ada", 83],
        "hubs.core.access.allowed[1]",
        "0123 is read as octal",
    ),
    ((*CORE, "access", "allowed"), [True], "hubs.core.access.allowed[0]", "true is a boolean"),
    ((*CORE, "access", "allowed"), [None], "hubs.core.access.allowed[0]", "is empty"),
    ((*CORE, "access", "allowed"), ["a b"], "hubs.core.access.allowed[0]", "not a possible GitHub"),
    (
        (*CORE, "access", "allowed"),
        ["../x"],
        "hubs.core.access.allowed[0]",
        "not a possible GitHub",
    ),
    ((*CORE, "access", "allowed"), ["_check"], "hubs.core.access.allowed[0]", "not a possible"),
    ((*CORE, "access", "allowed"), ["x" * 40], "hubs.core.access.allowed[0]", "1 to 39 letters"),
    (
        (*CORE, "access", "allowed"),
        ["n"] * 5001,
        "hubs.core.access.allowed",
        "more than 5000 names",
    ),
    ((*CORE, "access", "allowed"), {"fil": "x"}, "hubs.core.access.allowed", "{file: names.txt}"),
    ((*CORE, "access", "allowed"), {"file": "no.txt"}, "hubs.core.access.allowed", "cannot read"),
    ((*CORE, "access", "allowed"), {"file": 5}, "hubs.core.access.allowed", "5 is a number"),
    ((*CORE, "access", "organizations"), ["org:"], "hubs.core.access.organizations[0]", "a team"),
    (
        (*CORE, "access", "organizations"),
        ["org"],
        "hubs.core.access.organizations",
        "proves no membership — use github",
    ),
    ((*CORE, "access", "organisations"), [], "hubs.core.access.organisations", "organizations?"),
    ((*CORE, "access", "everyone"), "yes", "hubs.core.access.everyone", "write true or false"),
    ((*CORE, "access", "everyone"), 1, "hubs.core.access.everyone", "write true or false"),
    (
        (*CORE, "access", "openUntil"),
        "2026-12-31 00:00:00 +0000 UTC",
        "hubs.core.access.openUntil",
        'was a date without quotes — quote it, such as "2026-12-31T00:00:00Z"',
    ),
    ((*CORE, "access", "openUntil"), "2026-12-31", "hubs.core.access.openUntil", "no time zone"),
    ((*CORE, "access", "openUntil"), 20261231, "hubs.core.access.openUntil", "is a number"),
    ((*CORE, "data"), {"name": "data"}, "hubs.core.data", "is a mapping, a list belongs here"),
    ((*CORE, "data", 0, "source"), "mnt/data", "hubs.core.data[0].source", "relative path"),
    ((*CORE, "data", 0, "source"), "/etc", "hubs.core.data[0].source", "belongs to the system"),
    ((*CORE, "data", 0, "source"), "/srv", "hubs.core.data[0].source", "belongs to the system"),
    ((*CORE, "data", 0, "source"), "//etc", "hubs.core.data[0].source", "belongs to the system"),
    (
        (*CORE, "data", 0, "source"),
        "/srv/cyberhubs/hubs/x",
        "hubs.core.data[0].source",
        "the stack's data folder '/srv/cyberhubs/hubs'",
    ),
    ((*CORE, "data", 0, "target"), "data", "hubs.core.data[0].target", "relative path"),
    ((*CORE, "data", 0, "target"), "/", "hubs.core.data[0].target", "belongs to the system"),
    ((*CORE, "data", 0, "target"), "/usr/x", "hubs.core.data[0].target", "belongs to the system"),
    ((*CORE, "data", 0, "target"), "/home/user", "hubs.core.data[0].target", "would hide files"),
    ((*CORE, "data", 0, "access"), "rw", "hubs.core.data[0].access", "read-only or read-write"),
    ((*CORE, "data", 0, "mounted"), "yes", "hubs.core.data[0].mounted", "is not a boolean"),
    ((*CORE, "data", 0, "owner"), {"gid": 0}, "hubs.core.data[0].owner.gid", "0 is too small"),
    ((*CORE, "data", 0, "owner"), {"name": 1}, "hubs.core.data[0].owner.name", "not a known key"),
    (
        (*CORE, "limits", "memory"),
        "2X",
        "hubs.core.limits.memory",
        "'2X' is not an amount of memory",
    ),
    ((*CORE, "limits", "memory"), "2 G", "hubs.core.limits.memory", "write it as 512M, 2G or 1.5G"),
    ((*CORE, "limits", "memory"), 2**31, "hubs.core.limits.memory", "is a number, not text"),
    ((*CORE, "limits", "memory"), "2M", "hubs.core.limits.memory", "too little"),
    ((*CORE, "limits", "disk"), "10", "hubs.core.limits.disk", "'10' is not an amount of disk"),
    ((*CORE, "limits", "disk"), "100M", "hubs.core.limits.disk", "too little for a home"),
    ((*CORE, "limits", "disk"), 2**40, "hubs.core.limits.disk", "is a number, not text"),
    ((*CORE, "limits", "cpus"), 0, "hubs.core.limits.cpus", "0 is too small"),
    ((*CORE, "limits", "cpus"), "1", "hubs.core.limits.cpus", "'1' is not a number"),
    ((*CORE, "limits", "pids"), 63, "hubs.core.limits.pids", "63 is too small — give at least 64"),
    ((*CORE, "limits", "pids"), 64.5, "hubs.core.limits.pids", "64.5 is not a whole number"),
    ((*CORE, "idle"), {"openTabMinutes": 60}, "hubs.core.idle", "afterMinutes 1440 waits longer"),
    (
        (*CORE, "idle"),
        {"afterMinutes": 0, "openTabMinutes": 60},
        "hubs.core.idle",
        "afterMinutes 0 waits longer for a closed tab",
    ),
    ((*CORE, "idle"), {"afterMinutes": -1}, "hubs.core.idle.afterMinutes", "at least 0"),
]


@pytest.mark.parametrize(("path", "value", "at", "says"), BAD)
def test_bad_input(path, value, at, says, tmp_path):
    problems = problems_of(changed((path, value)), tmp_path)
    assert any(p.startswith(f"cyberhubs:{at}: ") and says in p for p in problems), problems


@pytest.mark.parametrize(
    ("changes", "at", "says"),
    [
        (
            [(("host",), {**OPENSTACK, "network": {"create": True}})],
            "host.network",
            "creates a network that leads nowhere — add externalNetwork",
        ),
        (
            [(("host",), {**OPENSTACK, "network": {"name": "a", "externalNetwork": "b"}})],
            "host.network",
            "has externalNetwork, which an existing network has no use for",
        ),
        (
            [(("host",), {**OPENSTACK, "image": {"id": "x"}})],
            "host.image.id",
            "is not an id",
        ),
        (
            [(("host",), {**OPENSTACK, "data": {"sizeGb": 500, "existing": True}})],
            "host.data",
            "has existing, which a new volume has no use for",
        ),
        (
            [(("host",), {**OPENSTACK, "data": {"sizeGb": 500, "volumeId": OPENSTACK["image"]["id"]}})],
            "host.data",
            "says sizeGb and volumeId — give either sizeGb or volumeId",
        ),
        (
            [
                (("hubs", "astro"), GOOD["hubs"]["core"]),
                (("metrics",), {"prometheus": {}}),
            ],
            "metrics.prometheus.hub",
            "there are 2 hubs — name the one whose admins see the figures of all, such as astro",
        ),
        ([(("tls",), ACME)], "host.address", "is missing, the door listens at all addresses"),
        (
            [(("tls",), EXTERNAL), (("domain",), "hub.example.org")],
            "hubs.core.login.kind",
            "not for tls.mode external — use github",
        ),
        ([(("tls",), ACME)], "domain", "is missing, tls.mode acme needs it"),
        (
            [(("tls",), {"mode": "internal", "listen": "192.0.2.7"})],
            "hubs.core.login.kind",
            "for tls.listen 192.0.2.7 — use github, or tls.listen: 127.0.0.1",
        ),
        (
            [((*CORE, "login"), {**GITHUB, "url": "github.example.org/login"})],
            "hubs.core.login.url",
            "is not a site — write it as https://github.example.org",
        ),
        (
            [(("host",), OPENSTACK), (("tls",), ACME)],
            "hubs.core.login.kind",
            "password is only for the machine itself, since all members share it, not for "
            "tls.listen 0.0.0.0 — use github",
        ),
        (
            [(("host",), SSH), ((*CORE, "data", 0, "source"), "/mnt/jupyterhub_users/core")],
            "hubs.core.data[0].source",
            "shows members the stack's data folder '/mnt/jupyterhub_users'",
        ),
        (
            [(("host",), changed_host("data", filesystem="xfs", inodes=1_000_000))],
            "host.data",
            "has inodes 1000000, which xfs makes as needed",
        ),
        (
            [(("host",), changed_host("data", device="/dev/sdb"))],
            "host.data.device",
            "'/dev/sdb' is not a disk's name that stays",
        ),
        (
            [(("host",), changed_host("ssh", hostKey="ssh-ed25519 not a key"))],
            "host.ssh.hostKey",
            "is not an SSH public key",
        ),
        (
            [(("host",), changed_host("ssh", address="-oProxyCommand=x"))],
            "host.ssh.address",
            "is not a machine's name or address",
        ),
        (
            [(("host",), changed_host("ssh", user="a b"))],
            "host.ssh.user",
            "is not a user's name on Linux",
        ),
        (
            [(("host",), {**SSH, "containerNetworks": "198.19.0.0/23"})],
            "host.containerNetworks",
            "is not an IPv4 network of a /22 or larger",
        ),
        (
            [(("host",), {**SSH, "containerNetworks": "198.19.0.0/22"}), (("hubs",), {
                f"hub-{number}": GOOD["hubs"]["core"] for number in range(3)
            })],
            "host.containerNetworks",
            "has 4 networks of a /24, and 3 hubs need 5 — write a larger range",
        ),
        (
            [((*CORE, "access"), {"everyone": False, "openUntil": "2026-12-31T00:00:00Z"})],
            "hubs.core.access.openUntil",
            "has no use with everyone: false",
        ),
        (
            [(("host", "data", "path"), "/srv/a/b"), ((*CORE, "data", 0, "source"), "/srv/a")],
            "hubs.core.data[0].source",
            "shows members the stack's data folder '/srv/a/b/",
        ),
        (
            [((*CORE, "data", 0, "access"), "private"), ((*CORE, "data", 0, "owner"), {"gid": 7})],
            "hubs.core.data[0]",
            "has an owner, and what is private is its member's",
        ),
        (
            [((*CORE, "data"), [{"source": "/mnt/a", "target": "/a", "access": "read-write"},
                                {"source": "/mnt/a/b", "target": "/b"}])],
            "hubs.core.data[1].source",
            "what is read-only in one place could be changed in the other",
        ),
        (
            [((*CORE, "data", 0, "access"), "private"),
             (("hubs", "more"), {**GOOD["hubs"]["core"],
                                 "data": [{"source": "/mnt/data/x", "target": "/data"}]})],
            "hubs.more.data[0].source",
            "'/mnt/data/x' and '/mnt/data' of hub core lie in one another, and what is private",
        ),
        (
            [((*CORE, "data"), [{"source": "/mnt/a", "target": target} for target in
                                ("/data", "/data/b")])],
            "hubs.core.data[1].target",
            "'/data/b' and '/data' lie in one another",
        ),
    ],
)  # fmt: skip
def test_contradictions_and_what_is_not_built(changes, at, says, tmp_path):
    problems = problems_of(changed(*changes), tmp_path)
    assert any(p.startswith(f"cyberhubs:{at}: ") and says in p for p in problems), problems


def test_a_stack_on_a_server_is_good(tmp_path):
    """Its data spaces may be beside the stack's own folders."""
    raw = changed((("host",), SSH), ((*CORE, "data", 0, "source"), "/mnt/data"))
    settings = load_file(write(tmp_path, raw), "test")
    assert settings.host.data_path == "/mnt" and settings.on_loopback


def test_whole_design_is_modelled(tmp_path):
    raw = changed(
        (("host",), OPENSTACK),
        (("tls",), ACME),
        (("domain",), "hub.example.org"),
        ((*CORE, "login"), GITHUB),
        ((*CORE, "access", "organizations"), ["my-org", "my-org:team"]),
    )
    settings = load_file(write(tmp_path, raw), "test")
    assert [settings.callback(hub) for hub in settings.github_hubs] == [
        "https://hub.example.org/core/hub/oauth_callback"
    ]


def test_all_problems_at_once_in_the_order_of_the_file(tmp_path):
    file = tmp_path / "Pulumi.test.yaml"
    file.write_text("""\
config:
  cyberhubs:tls: {mode: none, port: http}
  cyberhubs:host: {kind: local, data: {path: data}}
  cyberhubs:hubs:
    core:
      applications: [corehub, typo]
      login: {kind: password}
      access:
        admins: [ada]
        allowed: [0123, 1e3, 2026-12-31]
        blocked: [ADA]
      limits: {memory: 2X}
""")
    with pytest.raises(SettingsError) as error:
        load_file(file, "test")
    found = [
        problem.partition(": ")[0].removeprefix("cyberhubs:") for problem in error.value.problems
    ]
    assert found == [
        "tls.port (line 2)",
        "host.data.path (line 3)",
        "hubs.core.applications[1] (line 6)",
        "hubs.core.access.allowed[0] (line 10)",
        "hubs.core.access.allowed[1] (line 10)",
        "hubs.core.access.allowed[2] (line 10)",
        "hubs.core.limits.memory (line 12)",
    ]
    assert str(error.value).startswith(f"{file}: 7 problems, nothing was changed\n  cyberhubs:tls")


def test_what_does_not_go_together_is_told_beside_what_is_wrong_elsewhere(tmp_path):
    wrong = changed((("user",), {"uid": 0}), (("domain",), "hub.example.org"), (("hots",), {}))
    at = {problem.partition(": ")[0] for problem in problems_of(wrong, tmp_path)}
    assert at == {"cyberhubs:user.uid", "cyberhubs:domain", "cyberhubs:hots"}


def test_the_host_alone_is_read_whatever_else_is_wrong(tmp_path):
    elsewhere = ((*CORE, "login"), {"kind": "ldap"}), (("tls",), ...), (("hots",), {})
    good = write(tmp_path, changed((("host",), SSH), *elsewhere))
    assert load_host(good, "test") == load(changed((("host",), SSH)), "test").host
    bad = write(tmp_path, changed((("host",), changed_host("ssh", user="a b")), *elsewhere))
    with pytest.raises(SettingsError) as error:
        load_host(bad, "test")
    [problem] = error.value.problems
    assert problem.startswith("cyberhubs:host.ssh.user (line ")
    with pytest.raises(SettingsError, match="host: is missing"):
        load_host(write(tmp_path, changed((("host",), ...))), "test")


@pytest.mark.parametrize(
    "login",
    [
        {**GITHUB, "clientSecret": 918273645},
        {**GITHUB, "clientSecret": ["hunter2-very-secret"]},
        {**GITHUB, "clientSecret": {"value": "hunter2-very-secret"}},
        {"kind": "github", "clientId": "Ov23", "clientSecrt": "hunter2-very-secret"},
        {"kind": "password", "password": "hunter2-very-secret"},
        "hunter2-very-secret",
        ["hunter2-very-secret"],
    ],
)
def test_secrets_are_never_shown(login, tmp_path):
    problems = problems_of(changed(((*CORE, "login"), login)), tmp_path)
    assert "hunter2" not in str(problems) and "918273645" not in str(problems)


def test_encrypted_values(tmp_path):
    secure = {**GITHUB, "clientSecret": {"secure": "v1:abc"}}
    [hub] = load_file(write(tmp_path, changed(((*CORE, "login"), secure))), "test").github_hubs
    assert "v1:abc" not in repr(hub)
    with pytest.raises(SettingsError, match=r"title.*: is encrypted, text belongs here"):
        load_file(write(tmp_path, changed(((*CORE, "title"), {"secure": "v1:abc"}))), "test")


def test_one_hub_may_change_what_another_only_reads(tmp_path: Path) -> None:
    """And a space may be in the data folder, apart from what is the stack's own."""
    source = "/srv/cyberhubs/books"
    writes = {**GOOD["hubs"]["core"], "data": [
        {"source": source, "target": "/books", "access": "read-write", "owner": {"gid": 2000}},
    ]}  # fmt: skip
    raw = changed(((*CORE, "data", 0, "source"), source), (("hubs", "teachers"), writes))
    assert [str(hub.data[0].source) for hub in load(raw, "test", tmp_path).hubs] == [source] * 2
