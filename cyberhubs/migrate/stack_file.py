"""Writes a stack file that reads as those of stacks/ do."""

import json
import textwrap
from typing import Any

from cyberhubs.migrate.draft import EMAIL, LOOPBACK, TO_COME, Draft

_WIDTH = 100


def text(draft: Draft, title: str) -> str:
    """The stack file that says `draft.raw`."""
    raw, name = draft.raw, draft.stack
    host = raw["host"]
    ssh, disk = host["ssh"], host["data"]
    lines = [
        "# yaml-language-server: $schema=../schema/stack.schema.json",
        "#",
        f"# From {title}, by `make import`. What could not be carried over, and how members' files get here,",
        f'# is in {report_name(name)}. Lines marked "yours" are still to be said; then:',
        f"#   make preview STACK={name}",
        f"#   make up STACK={name}",
        "config:",
        "  cyberhubs:host:",
        f"    kind: {host['kind']} # a new server, for Cyberhubs alone; other kinds are in stacks/Pulumi.arbutus.yaml and Pulumi.local.yaml",
        "    ssh:",
        f"      address: {ssh['address']} # yours: not the old server's",
        f"      user: {ssh['user']} # yours: root, or one who may use sudo without a password",
        f"      privateKeyFile: {ssh['privateKeyFile']} # stays where it is",
        f"      hostKey: {ssh['hostKey']} # yours: `make host-key STACK={name}` shows it",
        f"      from: [{', '.join(ssh['from'])}] # yours: networks that may use ssh; left out: all",
        "    data:",
        f"      device: {disk['device']} # yours: `ls -l /dev/disk/by-id`; formatted only if it is empty",
        f"      filesystem: {disk['filesystem']}",
        f"      inodes: {disk['inodes']} # one for each 4 KiB",
    ]
    if domain := raw.get("domain"):
        lines.append(
            f"  cyberhubs:domain: {quoted(domain)} # points to the new server once members come"
        )
    lines += _tls(raw["tls"], name)
    if user := raw.get("user"):
        lines.append(
            f"  cyberhubs:user: {{uid: {user['uid']}, gid: {user['gid']}}} # who owns members' files"
        )
    lines.append("  cyberhubs:hubs:")
    for key, hub in raw["hubs"].items():
        lines += [f"    {key}: # the end of the hub's address", *_hub(hub, name, key)]
    return "\n".join(lines) + "\n"


def report_name(stack: str) -> str:
    """The file beside a stack file that says what became of the old system's settings."""
    return f"Pulumi.{stack}.import.md"


def quoted(value: Any) -> str:
    """As YAML, with text in quotes, which nothing can mistake."""
    return json.dumps(value, ensure_ascii=False)


def _tls(tls: dict[str, Any], stack: str) -> list[str]:
    if tls == LOOPBACK:
        tunnel = f"on the server's loopback: `make tunnel STACK={stack}` brings it here"
        return [f"  cyberhubs:tls: {{mode: none, port: {tls['port']}}} # {tunnel}"]
    yours = "yours: " if tls["email"] == EMAIL else ""
    rest = "".join(f", {key}: {quoted(tls[key])}" for key in ("email", "directory") if key in tls)
    return [
        f"  cyberhubs:tls: {{mode: {tls['mode']}{rest}}} # {yours}whom Let's Encrypt may write to"
    ]


def _hub(hub: dict[str, Any], stack: str, name: str) -> list[str]:
    limits, login = hub["limits"], hub["login"]
    return [
        f"      title: {quoted(hub['title'])}",
        f"      applications: [{', '.join(hub['applications'])}]",
        f"      interface: {hub['interface']} # lab | notebook | choose",
        *_login(login, stack, name),
        *_access(hub["access"]),
        *_data(hub.get("data", [])),
        f"      limits: {{memory: {quoted(limits['memory'])}, cpus: {limits['cpus']}, pids: {limits['pids']}}}"
        " # the most that one member's server may take",
        f"      idle: {{afterMinutes: {hub['idle']['afterMinutes']}}} # then an unused server is stopped; 0: never",
    ]


def _login(login: dict[str, Any], stack: str, hub: str) -> list[str]:
    if login["kind"] == "password":
        shown = f"one generated password for all: `make password STACK={stack}` shows it"
        return [f"      login: {{kind: password}} # {shown}"]
    register = f"`make register STACK={stack} HUB={hub}` writes"
    both = login["clientId"] == TO_COME
    return [
        "      login:",
        "        kind: github",
        *([f"        url: {quoted(login['url'])}"] if "url" in login else []),
        f"        clientId: {quoted(login['clientId'])}" + (f" # {register} both" if both else ""),
        f"        clientSecret: {TO_COME} # {register} it, encrypted",
    ]


def _access(access: dict[str, Any]) -> list[str]:
    lines = ["      access:"]
    for key, comment in (
        ("admins", ""),
        ("allowed", ""),
        ("organizations", ""),
        ("blocked", " # wins over all else"),
    ):
        if names := access.get(key):
            lines += _listed(f"        {key}: ", names, comment)
    if "everyone" in access:
        comment = {
            True: "everybody with an account of GitHub, as it was",
            False: "nobody but those who are named here",
        }[access["everyone"]]
        lines.append(f"        everyone: {quoted(access['everyone'])} # {comment}")
    return lines


def _listed(key: str, names: list[str], comment: str) -> list[str]:
    """On one line if it is short, else on as many as it takes."""
    joined = ", ".join(map(quoted, names))
    if len(key) + len(joined) < _WIDTH:
        return [f"{key}[{joined}]{comment}"]
    indent = " " * 10
    wrapped = textwrap.wrap(
        joined,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [f"{key}[{comment}", *wrapped, f"{' ' * 8}]"]


def _data(spaces: list[dict[str, str]]) -> list[str]:
    lines = [
        f"        - {{source: {quoted(space['source'])}, target: {quoted(space['target'])}, access: {space['access']}}}"
        for space in spaces
    ]
    return ["      data: # folders of the server that members see", *lines] if lines else []
