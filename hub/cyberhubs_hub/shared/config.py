"""The configuration of a hub at its start: `hub.json`, and the paths and ports both sides agree on.

The Pulumi program writes the file with this class and the hub reads it with this class, so this
module uses the standard library only.
"""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

# Inside the hub container: where the program mounts things and the hub looks for them.
CONFIG_DIR = "/srv/hub/config"
LIVE_DIR = "/srv/hub/live"
SECRETS_DIR = "/srv/hub/secrets"
STATE_DIR = "/srv/hub/state"
USERS_DIR = "/srv/hub/users"
PASSES_DIR = "/srv/hub/passes"
FIRST_PAGE_DIR = "/srv/hub/first-page"
BACKUP_DONE = f"{USERS_DIR}/.backup-done"  # touched by what backs the homes up
AUDIT_FILE = f"{STATE_DIR}/audit.jsonl"
UNPROVED_FILE = f"{STATE_DIR}/unproved.json"
RUN_DIR = "/run/hub"
METRICS_TOKEN = "/run/secrets/metrics_token"
ENGINE_DIR = (
    "/run/engine"  # with the engine's socket, to which the image's /var/run/docker.sock leads
)
ENGINE_SOCKET = f"{ENGINE_DIR}/docker.sock"

HUB_PORT = 8081
PROXY_PORT = 8000
PROXY_API_PORT = 8001
SERVER_PORT = 8888
# At which alone containers reach one another where the machine has our firewall.
PORTS = (PROXY_PORT, PROXY_API_PORT, HUB_PORT, SERVER_PORT)
HUB_URL = f"http://hub:{HUB_PORT}"
PROXY_URL = f"http://proxy:{PROXY_PORT}"
PROXY_API_URL = f"http://proxy:{PROXY_API_PORT}"

# In the hub's environment: its machine, for the labels of the servers it starts.
MACHINE_VARIABLE = "CYBERHUBS_MACHINE"
MACHINE_LABEL = "cyberhubs.machine"
ROLE_LABEL = "cyberhubs.role"  # of each container of a stack
HELPER = "helper"  # the role of one that a hub has for a moment, and that ends by itself
# And the way out, if that is a proxy; members' servers get them too.
PROXY_VARIABLES = tuple(
    name for lower in ("http_proxy", "https_proxy", "no_proxy") for name in (lower, lower.upper())
)


class ConfigError(ValueError):
    """hub.json is not what this version of the hub understands."""


@dataclass(frozen=True)
class Mount:
    """A data space: a host path and where users see it; of a private one, their own folder in it. `remote`: files of
    another machine, without which servers start while it does not answer."""

    source: str
    target: str
    access: Literal["read-only", "read-write", "private"]
    remote: bool = False


@dataclass(frozen=True)
class Limits:
    """What one user server may take; `cpus` may be a fraction. `disk_bytes`: what its member's home may, None for all there
    is."""

    memory_bytes: int
    cpus: float
    pids: int
    disk_bytes: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "cpus", float(self.cpus))  # 1 and 1.0 are one configuration


@dataclass(frozen=True)
class Login:
    """How members log in; secrets are in SECRETS_DIR only."""

    kind: Literal["password", "github"]
    github: GithubSettings | None = None


@dataclass(frozen=True)
class GithubSettings:
    """`url`: of the site; `api`: of its REST API; `callback`: the hub's own, as the OAuth app has it;
    `refresh_s`: how often memberships of organizations and teams are asked again; `grace_s`: how long
    somebody stays of whom GitHub does not say it."""

    url: str
    api: str
    client_id: str
    callback: str
    refresh_s: int
    grace_s: int


@dataclass(frozen=True)
class HubConfig:
    """One hub. Paths are the host's; `prefix` begins and ends with a slash."""

    stack: str
    name: str
    title: str
    prefix: str
    network: str
    container_prefix: str
    labels: Mapping[str, str]
    homes_path: str
    passwd_path: str
    group_path: str
    labextension_path: str
    mounts: tuple[Mount, ...]
    uid: int
    gid: int
    limits: Limits
    interface: Literal["lab", "notebook", "choose"]
    login: Login
    groups: tuple[int, ...] = ()  # whose rights users have too, in data spaces
    idle_timeout_s: int = 0  # 0: servers are never stopped for being idle
    open_tab_timeout_s: int = 0  # 0: nor are those of which a tab is open
    logo: str | None = None  # a file beside hub.json
    contact: str | None = None  # whom somebody may ask who is refused
    prune_at: int = 85  # percent of the images' disk from which those that nothing needs go
    keep_project_path: str | None = None  # starts servers where any home of the stack is limited
    metrics: bool = False  # whether who shows the token of METRICS_TOKEN may read figures
    metrics_of_servers: bool = False  # whether those of each member's server are among them
    prometheus: bool = False  # whether admins see the pages of the stack's Prometheus
    members_slice: str | None = (
        None  # of systemd, with a memory limit for all members' servers together
    )

    def to_json(self) -> str:
        """The same configuration always gives the same text."""
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> HubConfig:
        """Raises ConfigError for anything missing, unknown or of a wrong type."""
        try:
            raw = json.loads(text)
        except ValueError as error:
            raise ConfigError(f"hub.json is not JSON: {error}") from error
        return _decode(cls, raw, "hub.json")


def _decode(kind: Any, value: Any, where: str) -> Any:
    """`value` from JSON as the annotated type `kind`."""
    if is_dataclass(kind) and isinstance(kind, type):
        return _decode_object(kind, value, where)
    origin, args = get_origin(kind), get_args(kind)
    if origin is Literal:
        if value in args:
            return value
        raise ConfigError(f"{where} must be one of {', '.join(args)}, not {value!r}")
    if origin in (Union, types.UnionType):
        return None if value is None else _decode(args[0], value, where)
    if origin is tuple and isinstance(value, list):
        return tuple(_decode(args[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if origin is Mapping and isinstance(value, dict):
        return {key: _decode(args[1], item, f"{where}.{key}") for key, item in value.items()}
    if kind is float and type(value) is int:
        return float(value)
    if isinstance(kind, type) and type(value) is kind:
        return value
    raise ConfigError(f"{where} must be {getattr(kind, '__name__', kind)}, not {value!r}")


def _decode_object(kind: type, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise ConfigError(f"{where} must be an object, not {value!r}")
    hints = get_type_hints(kind)
    unknown = sorted(set(value) - set(hints))
    missing = sorted({field.name for field in fields(kind)} - set(value))
    if unknown or missing:
        raise ConfigError(f"{where}: unknown keys {unknown}, missing keys {missing}")
    return kind(**{name: _decode(hints[name], value[name], f"{where}.{name}") for name in value})
