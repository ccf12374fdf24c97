"""From a stack file, or what Pulumi has read of it, to settings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cyberhubs.paths import STACKS
from cyberhubs.settings import rules
from cyberhubs.settings.applications import Application, OwnApplication, own_applications
from cyberhubs.settings.base import EVERYWHERE, Context
from cyberhubs.settings.error_messages import explain
from cyberhubs.settings.host import HostSettings, LocalHostSettings
from cyberhubs.settings.hubs import Hub, plain_name
from cyberhubs.settings.images import Images
from cyberhubs.settings.keys import Keys, alone
from cyberhubs.settings.login import GithubLogin
from cyberhubs.settings.metrics import CERTIFICATE_PATH, DOOR_PATH, Metrics
from cyberhubs.settings.mounts import Mount
from cyberhubs.settings.owner import Owner
from cyberhubs.settings.problems import KeyPath, Problem, SettingsError, one_of, show
from cyberhubs.settings.proxy import Proxy
from cyberhubs.settings.registries import Registry
from cyberhubs.settings.stack_file import read_stack_file
from cyberhubs.settings.tls import ExternalTls, NoTls, Tls
from cyberhubs.settings.visitors import Visitors


@dataclass(frozen=True)
class Settings:
    """What a stack file says, and what follows from it alone."""

    stack: str
    host: HostSettings
    domain: str | None
    tls: Tls
    visitors: Visitors
    proxy: Proxy | None
    user: Owner
    images: Images
    registries: Mapping[str, Registry]
    """By the name with which their images begin."""
    mounts: Mapping[str, Mount]
    """By name."""
    hubs: tuple[Hub, ...]
    """By name."""
    applications: Mapping[str, Application | OwnApplication]
    """By name, each after the one it is built on: those that hubs offer, and what they are built on."""
    teams: Mapping[str, tuple[str, ...]]
    """Teams at GitHub that the program manages, "org:team": names of members."""
    metrics: Metrics | None
    waivers: Mapping[str, str]
    """Reasons by the names of the rules that the stack may break."""
    warnings: tuple[str, ...]
    """What is allowed but may not be meant, a sentence each."""

    def offered(self, hub: Hub) -> list[Application | OwnApplication]:
        """What its members can start, in the order of the file."""
        return [self.applications[name] for name in hub.applications]

    @property
    def github_hubs(self) -> list[Hub]:
        """Those whose members log in with GitHub."""
        return [hub for hub in self.hubs if isinstance(hub.login, GithubLogin)]

    @property
    def limits_disk(self) -> bool:
        """Whether the members' homes of any hub have a limit."""
        return any(hub.limits.disk_bytes for hub in self.hubs)

    @property
    def url(self) -> str:
        """The front page, which names the hubs, with a slash at the end."""
        if isinstance(self.tls, NoTls):
            return f"http://{self.tls.listen}:{self.tls.port}/"
        port = (
            "" if isinstance(self.tls, ExternalTls) or self.tls.port == 443 else f":{self.tls.port}"
        )
        return f"https://{self.domain}{port}/"

    @property
    def proxy_environment(self) -> dict[str, str]:
        """Variables by which programs find the way out; none without a proxy."""
        if self.proxy is None:
            return {}
        networks = (
            () if isinstance(self.host, LocalHostSettings) else (self.host.container_networks,)
        )
        return self.proxy.environment([*networks, *([self.domain] if self.domain else [])])

    def hub_url(self, hub: Hub) -> str:
        """Address of a hub, with a slash at the end."""
        return f"{self.url.removesuffix('/')}{hub.prefix}"

    def callback(self, hub: Hub) -> str:
        """Where GitHub sends who logs in to a hub: exactly so it is in the OAuth app."""
        return f"{self.hub_url(hub)}hub/oauth_callback"

    @property
    def figures(self) -> dict[str, dict[str, str]]:
        """Where the front door has pages of figures: the labels of what a Prometheus reads there."""
        has_certificate = not isinstance(self.tls, NoTls | ExternalTls)
        labels = {
            DOOR_PATH: {"part": "door"},
            **({CERTIFICATE_PATH: {"part": "certificate"}} if has_certificate else {}),
            **{f"{hub.prefix}hub/metrics": {"part": "hub", "hub": hub.name} for hub in self.hubs},
        }
        return {path: {"stack": self.stack, **own} for path, own in labels.items()}

    @property
    def prometheus_hub(self) -> Hub | None:
        """The one whose admins see the pages of the stack's own Prometheus; None where it has none."""
        if self.metrics is None or self.metrics.prometheus is None:
            return None
        wanted = self.metrics.prometheus.hub
        return next(hub for hub in self.hubs if wanted in (None, hub.name))

    @property
    def prometheus_url(self) -> str | None:
        """Where its pages are."""
        hub = self.prometheus_hub
        return f"{self.hub_url(hub)}hub/prometheus/" if hub else None

    @property
    def pointing_domain(self) -> str | None:
        """The domain that has to point to the machine; None where it points to another server."""
        return None if isinstance(self.tls, ExternalTls) else self.domain

    @property
    def door_sources(self) -> tuple[str, ...]:
        """Networks from which visitors come to the front door. None: the machine alone."""
        if self.on_loopback:
            return ()
        return self.tls.trusted_proxies if isinstance(self.tls, ExternalTls) else EVERYWHERE

    @property
    def on_loopback(self) -> bool:
        """Whether the front door can be reached from its machine alone."""
        return ip_address(self.tls.listen).is_loopback


def load(raw: Mapping[str, object], stack: str, folder: Path = STACKS) -> Settings:
    """Settings from values by their keys ("host", "hubs", …) as Pulumi hands them over.

    `folder`: where relative paths start. Raises SettingsError with all that is wrong.
    """
    _check_stack_name(stack)
    return _settings(raw, stack, folder, f"stack {stack}", {})


def load_file(path: Path, stack: str) -> Settings:
    """Settings from a stack file. Encrypted values stay so: their text is "[secret]"."""
    _check_stack_name(stack)
    raw, lines = read_stack_file(path)
    return _settings(raw, stack, path.parent, str(path), lines)


def load_host(path: Path, stack: str) -> HostSettings:
    """What a stack file says of its host, whatever else is in it. Raises SettingsError."""
    _check_stack_name(stack)
    raw, lines = read_stack_file(path)
    valid, problems = _each(["host"], raw, path.parent)
    if problems:
        raise SettingsError(str(path), show(problems, lines))
    return valid["host"]


def _settings(
    raw: Mapping[str, Any], stack: str, folder: Path, source: str, lines: Mapping[KeyPath, int]
) -> Settings:
    """`source`: what the error names; `lines`: where in it each value stands."""
    known, own = Keys.model_fields, own_applications()
    valid, problems = _each(known, raw, folder, own)
    problems += [
        Problem((key,), f"is not a known key — {one_of(key, known)}")
        for key in raw
        if key not in known
    ]
    problems += rules.contradictions(valid, own)
    if problems:
        raise SettingsError(source, show(problems, lines))
    hubs = tuple(hub.named(name) for name, hub in sorted(valid.pop("hubs").items()))
    of_the_stack = {name: one.named(name) for name, one in valid.pop("applications").items()}
    used = _used(hubs, {**own, **of_the_stack})
    teams = {name: team.members for name, team in sorted(valid.pop("teams").items())}
    warnings = tuple(rules.warnings(valid["tls"], hubs))
    return Settings(stack, hubs=hubs, applications=used, teams=teams, warnings=warnings, **valid)


def _used(
    hubs: Iterable[Hub], known: Mapping[str, Application | OwnApplication]
) -> dict[str, Application | OwnApplication]:
    used: dict[str, Application | OwnApplication] = {}

    def take(name: str) -> None:
        one = known[name]
        if one.begins_with:
            take(one.begins_with)
        used[name] = one

    for name in sorted({name for hub in hubs for name in hub.applications}):
        take(name)
    return used


def _each(
    keys: Iterable[str], raw: Mapping[str, Any], folder: Path, own: Iterable[str] = ()
) -> tuple[dict[str, Any], list[Problem]]:
    """The values of those `keys` that are valid by themselves, and what is wrong with the others. `own`: applications
    of this repository, for hubs."""
    valid: dict[str, Any] = {}
    problems: list[Problem] = []
    of_the_stack = raw.get("applications")
    names = {*own, *(of_the_stack if isinstance(of_the_stack, dict) else ())}
    context = Context(folder.absolute(), tuple(sorted(map(str, names))))
    for key in keys:
        model = alone(key)
        given = {key: raw[key]} if key in raw else {}
        try:
            read = model.model_validate(given, context=context)
        except ValidationError as error:
            problems += explain(error, model)
        else:
            valid[key] = getattr(read, key)
    return valid, problems


def _check_stack_name(stack: str) -> None:
    try:
        plain_name(stack)
    except ValueError as error:
        raise SettingsError(f"stack {stack}", [f"the stack's name {error}"]) from None
