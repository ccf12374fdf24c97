"""`make drift`: what is no longer as the last update has made it, in one report; nothing is changed, the state neither."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cyberhubs.errors import NotLookedError, UserError, trouble
from cyberhubs.machine.script import script
from cyberhubs.ops.drift import (
    Differences,
    of_containers,
    of_machine,
    resources_of,
)
from cyberhubs.ops.engine import engine
from cyberhubs.ops.lock import locked
from cyberhubs.ops.refresh import of_world
from cyberhubs.ops.stack import Stack, name_of
from cyberhubs.resource_types import CONTAINER

# Name of a resource or setup step → the key of the stack file that says what it is like.
KEYS = (
    (r"(.+)-files-access", r"hubs.\1.access"),
    (r"(.+)-files-applications", r"hubs.\1.applications"),
    (r"(.+)-files-spaces", r"hubs.\1.data"),
    (r"(.+)-files-client-secret", r"hubs.\1.login.clientSecret"),
    (r"(.+)-(?:files-config|files-logo|entry)", r"hubs.\1"),
    (r"door-(?:reload|certificate|authority)", "tls"),
    (r"firewall|host-server-in-.*", "host.ssh.from"),
    (r"disk|grow|host-server-volume", "host.data"),
    (r"host-server-instance", "host"),
    (r"host-server-address.*", "host.floatingIp"),
    (r"mounts-made", "mounts"),
    (r"teams-.*", "teams"),
)
# What a script says that it would do → what is the matter.
WORDS = (
    (
        r"(\S+): mounted with these settings",
        r"\1 is mounted with others, or did not work with these",
    ),
    (r"(cyberhubs-mount-\S+): started", r"\1 does not run"),
    (r"(\S+): unmounted", r"\1 is mounted"),
    (r"(/.*): written", r"\1 has other content"),
    (r"(/.*): made", r"\1 is gone"),
    (r"(/.*): (0\d{3})$", r"\1 has other rights than \2"),
    (r"(/.*): (0\d{3}) (\d+:\d+)", r"\1 has other rights than \2, or another owner than \3"),
)


class DriftError(UserError):
    """There is some."""


@dataclass
class _Look:
    """`on_machine`: what its scripts would do. `refreshed`: what an update alone does not see. `unseen`: why some of it
    could not be looked at."""

    on_machine: Differences = field(default_factory=dict)
    on_engine: Differences = field(default_factory=dict)
    refreshed: Differences = field(default_factory=dict)
    unseen: list[str] = field(default_factory=list)

    @property
    def found(self) -> bool:
        return bool(self.on_machine or self.on_engine or self.refreshed)


def report(stack: Stack, markdown: str = "") -> None:
    """Says it, to the file `markdown` too. Raises DriftError, or NotLookedError where nothing was found and not all
    could be looked at."""
    error: type[UserError] | None = NotLookedError
    try:
        error, text = drift(stack)
    except (UserError, OSError) as problem:
        said = trouble(problem) if isinstance(problem, OSError) else str(problem)
        text = f"Stack {stack.name} could not be looked at, and nothing was changed: {said}"
    if markdown:
        Path(markdown).write_text(f"{text}\n")
    if error:
        raise error(text)
    print(text)


@locked
def drift(stack: Stack) -> tuple[type[UserError] | None, str]:
    """What there is to raise, if anything, and to say."""
    if not stack.resources:
        raise UserError(f"it has never been up. `make up STACK={stack.name}` makes it.")
    look = _look(stack)
    unseen = [f"- Not looked at: {' '.join(why.split())}" for why in look.unseen]
    if look.found:
        return DriftError, "\n".join([*_lines(stack, look), *unseen])
    if unseen:
        said = f"Of stack {stack.name} nothing is known to differ, and not all could be looked at:"
        return NotLookedError, "\n".join([said, "", *unseen])
    return None, f"All is as it was made: stack {stack.name}, last updated {_utc(_updated(stack))}."


def _look(stack: Stack) -> _Look:
    """On the machine and its engine, then by Pulumi's providers; each though the others cannot be asked."""
    look = _Look()
    resources = resources_of(stack)
    containers = [one for one in resources if one["type"] == CONTAINER and "outputs" in one]
    names = {one["outputs"]["name"]: name_of(one) for one in containers}
    try:
        look.on_machine = of_machine(stack, resources)
        with engine(stack.machine) as client:
            found = of_containers(client, resources)
            look.on_engine = {names.get(name, name): texts for name, texts in found.items()}
    except UserError as error:
        look.unseen.append(str(error))
    try:
        look.refreshed = of_world(stack)
    except UserError as error:
        look.unseen.append(str(error))
    return look


def _lines(stack: Stack, look: _Look) -> Iterator[str]:
    since = _updated(stack)
    changed, logins = _who(stack, look.on_machine, since)
    yield f"Stack {stack.name} is no longer as its last update has made it ({_utc(since)}):"
    yield ""
    for name, texts in look.on_machine.items():
        yield from (f"- {name}: {_in_words(text, changed)}.{_kept_by(name)}" for text in texts)
    for found in (look.on_engine, look.refreshed):
        for name, texts in found.items():
            yield from (f"- {name}: {text}.{_kept_by(name)}" for text in texts)
    yield ""
    yield from (f"- {line}" for line in logins)
    yield f"- To undo it: `make up STACK={stack.name}{' REFRESH=1' if look.refreshed else ''}`."


def _kept_by(name: str) -> str:
    keys = (re.sub(of, to, name) for of, to in KEYS if re.fullmatch(of, name))
    return next((f" To keep that, say it in cyberhubs:{key}." for key in keys), "")


def _in_words(text: str, changed: dict[str, str] | None) -> str:
    path = _path(text)
    if changed is None:
        changed = {}
    elif text.endswith(": written") and path not in changed:
        return f"{path} is gone"
    for of, to in WORDS:
        if re.fullmatch(of, text):
            return re.sub(of, to, text) + (f" ({changed[path]})" if path in changed else "")
    return f"an update would say {text!r}"


def _path(text: str) -> str:
    found = re.match(r"(/.*?):", text)
    return found[1] if found else ""


def _who(
    stack: Stack, found: Differences, since: datetime
) -> tuple[dict[str, str] | None, list[str]]:
    """Path → when it was changed and whose it is; and who has logged in. Neither says who did it, and what the machine
    does not say is left out."""
    paths = [path for texts in found.values() for text in texts if (path := _path(text))]
    try:
        said = stack.machine.run(script("since", int(since.timestamp()), *paths), limit_s=60)
    except UserError:
        return None, []
    changed: dict[str, str] = {}
    logins: dict[tuple[str, ...], list[datetime]] = {}
    for kind, *words in (line.split(" ") for line in said.splitlines()):
        if kind == "file":
            at, owner, uid, *path = words
            whose = f"uid {uid}" if owner == "UNKNOWN" else owner
            changed[" ".join(path)] = f"last changed {_utc(_time(at))}, belongs to {whose}"
        elif kind == "login":
            logins.setdefault(tuple(words[1:]), []).append(_time(words[0]))
    if "journal" not in said.splitlines():
        return changed, []
    own = _own_key(stack)
    lines = [
        f"Since then {user} logged in by ssh from {address} {_times(times)}, with "
        + (
            "the key of host.ssh.privateKeyFile"
            if own and own in key
            else f"{' '.join(key) or 'no key'}"
        )
        for (user, address, *key), times in logins.items()
    ]
    return changed, [f"{line}." for line in lines] or ["Since then nobody has logged in by ssh."]


def _own_key(stack: Stack) -> str | None:
    """The fingerprint of the key that the stack's own commands log in with."""
    if stack.ssh is None:
        return None
    key = stack.ssh.connection.private_key_file
    said = subprocess.run(["ssh-keygen", "-lf", key], capture_output=True, text=True).stdout.split()
    return said[1] if len(said) > 1 else None


def _times(times: list[datetime]) -> str:
    return f"{len(times)} times, last {_utc(max(times))}" if len(times) > 1 else _utc(times[0])


def _updated(stack: Stack) -> datetime:
    return datetime.fromisoformat(stack.updated.partition(".")[0].rstrip("Z") + "+00:00")


def _time(seconds: str) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _utc(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC")
