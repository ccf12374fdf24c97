"""From a stack file, or what Pulumi has read of it, to settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cyberhubs.paths import STACKS
from cyberhubs.settings import rules
from cyberhubs.settings.explain import explain
from cyberhubs.settings.host import HostSettings
from cyberhubs.settings.hubs import Hub, plain_name
from cyberhubs.settings.images import Images
from cyberhubs.settings.keys import HostAlone, Keys
from cyberhubs.settings.login import GithubLogin
from cyberhubs.settings.owner import Owner
from cyberhubs.settings.problems import Problem, SettingsError, show
from cyberhubs.settings.stack_file import read_stack_file
from cyberhubs.settings.tls import NoTls, Tls
from cyberhubs.settings.visitors import Visitors


@dataclass(frozen=True)
class Settings:
    """What a stack file says, and what follows from it alone."""

    stack: str
    host: HostSettings
    domain: str | None
    tls: Tls
    visitors: Visitors
    user: Owner
    images: Images
    hubs: tuple[Hub, ...]
    """By name."""
    teams: Mapping[str, tuple[str, ...]]
    """Teams at GitHub that the program manages, "org:team": names of members."""
    warnings: tuple[str, ...]
    """What is allowed but may not be meant, a sentence each."""

    @property
    def applications(self) -> list[str]:
        """Names of all applications of all hubs, each once."""
        return sorted({application.name for hub in self.hubs for application in hub.applications})

    @property
    def github_hubs(self) -> list[Hub]:
        """Those whose members log in with GitHub."""
        return [hub for hub in self.hubs if isinstance(hub.login, GithubLogin)]

    @property
    def url(self) -> str:
        """The front page, which names the hubs, with a slash at the end."""
        if isinstance(self.tls, NoTls):
            return f"http://{self.tls.listen}:{self.tls.port}/"
        port = "" if self.tls.port == 443 else f":{self.tls.port}"
        return f"https://{self.domain}{port}/"

    def hub_url(self, hub: Hub) -> str:
        """Address of a hub, with a slash at the end."""
        return f"{self.url.removesuffix('/')}{hub.prefix}"

    def callback(self, hub: Hub) -> str:
        """Where GitHub sends who logs in to a hub: exactly so it is in the OAuth app."""
        return f"{self.hub_url(hub)}hub/oauth_callback"

    @property
    def on_loopback(self) -> bool:
        """Whether the front door can be reached from its machine alone."""
        return ip_address(self.tls.listen).is_loopback


def load(raw: Mapping[str, object], stack: str, folder: Path = STACKS) -> Settings:
    """Settings from values by their keys ("host", "hubs", …) as Pulumi hands them over.

    `folder`: where relative paths start. Raises SettingsError with all that is wrong.
    """
    _check_stack_name(stack)
    settings, problems = _validate(raw, stack, folder)
    if settings is None:
        raise SettingsError(f"stack {stack}", show(problems))
    return settings


def load_file(path: Path, stack: str) -> Settings:
    """Settings from a stack file. Encrypted values stay so: their text is "[secret]"."""
    _check_stack_name(stack)
    raw, lines = read_stack_file(path)
    settings, problems = _validate(raw, stack, path.parent)
    if settings is None:
        raise SettingsError(str(path), show(problems, lines))
    return settings


def load_host(path: Path, stack: str) -> HostSettings:
    """What a stack file says of its host, whatever else is in it. Raises SettingsError."""
    _check_stack_name(stack)
    raw, lines = read_stack_file(path)
    alone = {key: value for key, value in raw.items() if key in HostAlone.model_fields}
    try:
        return HostAlone.model_validate(alone, context=path.parent.absolute()).host
    except ValidationError as error:
        raise SettingsError(str(path), show(explain(error, HostAlone), lines)) from None


def _validate(
    raw: Mapping[str, Any], stack: str, folder: Path
) -> tuple[Settings | None, list[Problem]]:
    problems: list[Problem] = []
    keys = None
    try:
        keys = Keys.model_validate(dict(raw), context=folder.absolute())
    except ValidationError as error:
        problems += explain(error, Keys)
    problems += rules.contradictions(raw)
    if keys is not None:
        problems += rules.unfit_certificate(keys)
    if keys is None or problems:
        return None, problems
    hubs = tuple(hub.named(name) for name, hub in sorted(keys.hubs.items()))
    return Settings(
        stack=stack,
        host=keys.host,
        domain=keys.domain,
        tls=keys.tls,
        visitors=keys.visitors,
        user=keys.user,
        images=keys.images,
        hubs=hubs,
        teams={name: team.members for name, team in sorted(keys.teams.items())},
        warnings=tuple(rules.warnings(keys, hubs)),
    ), []


def _check_stack_name(stack: str) -> None:
    try:
        plain_name(stack)
    except ValueError as error:
        raise SettingsError(f"stack {stack}", [f"the stack's name {error}"]) from None
