"""All keys of a stack file, those that start with "cyberhubs:"."""

from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, create_model

from cyberhubs.settings.applications import Application
from cyberhubs.settings.base import Model, Text, read_text
from cyberhubs.settings.domain import Domain
from cyberhubs.settings.host import HostSettings
from cyberhubs.settings.hubs import NAME_PATTERN, Hub, hub_name, plain_name
from cyberhubs.settings.images import Images
from cyberhubs.settings.metrics import Metrics
from cyberhubs.settings.mounts import Mount
from cyberhubs.settings.owner import Owner
from cyberhubs.settings.proxy import Proxy
from cyberhubs.settings.registries import Registry, RegistryName
from cyberhubs.settings.teams import Team, TeamName
from cyberhubs.settings.tls import Tls
from cyberhubs.settings.visitors import Visitors
from cyberhubs.settings.waivers import RULES, RuleName

PlainName = Annotated[str, BeforeValidator(read_text), AfterValidator(plain_name)]
HubName = Annotated[str, BeforeValidator(read_text), AfterValidator(hub_name)]


class Keys(Model, defer_build=True):
    """What a stack file says."""

    host: HostSettings = Field(examples=["{kind: local, data: {path: ~/cyberhubs-data}}"])
    """The machine that carries the hubs."""
    domain: Domain | None = None
    """Domain name of the hubs, such as hub.example.org."""
    tls: Tls = Field(examples=["{mode: none, port: 8000}"])
    """Where certificates come from, and where the front door (the reverse proxy, Caddy) listens."""
    visitors: Visitors = Visitors()
    """Limits for visitors who have not logged in."""
    proxy: Proxy | None = None
    """The way out of the machine's network, where there is no other than a proxy."""
    user: Owner = Owner()
    """The user that owns the members' files on the host, and as whom all containers run. Left out: 1000:1000, and on kind
    local whoever runs the first `make up`, if that is not root: it is written here then."""
    images: Images = Images()
    """What the images are built from, or where they are pulled."""
    registries: dict[RegistryName, Registry] = Field(
        default={}, examples=["{registry.example.org: {user: cyberhubs, password: …}}"]
    )
    """Logins of registries that do not give their images to everybody. `make login` writes one."""
    applications: dict[PlainName, Application] = Field(
        default={}, examples=["{pangeo: {image: quay.io/pangeo/pangeo-notebook:2026.01.21}}"]
    )
    """Applications of your own, by name, beside those of the folder images/."""
    mounts: dict[PlainName, Mount] = Field(
        default={},
        examples=["{lake: {rclone: {type: s3, path: survey, secrets: {secret_access_key: …}}}}"],
    )
    """Files of other machines, by name, for data spaces that say `mount`. On hosts of kind ssh and openstack."""
    hubs: dict[HubName, Hub] = Field(
        min_length=1,
        examples=["{core: {applications: [corehub], login: {kind: password}}}"],
        json_schema_extra={"propertyNames": {"pattern": f"^{NAME_PATTERN}$"}},
    )
    """The hubs by name. A hub's name is the last part of its address."""
    teams: dict[TeamName, Team] = Field(
        default={}, examples=['{"my-org:class-2027": {members: {file: class-2027.txt}}}']
    )
    """Teams at GitHub, as org:team, that Cyberhubs manages. A hub admits a team by its access.organizations."""
    metrics: Metrics | None = None
    """Figures of the hubs, the front door and the machine, for a Prometheus. `{}` is enough for one of yours."""
    waivers: dict[RuleName, Text] = Field(
        default={},
        examples=['{ssh-restricted: "we travel, and keys alone get in"}'],
        json_schema_extra={"propertyNames": {"enum": [*RULES]}},
    )
    """Rules that this stack may break, each with the reason, which every summary shows. All rules: docs/reference/rules.md."""


@cache
def alone(key: str) -> type[Model]:
    """The model of one key, so that what is right can be used whatever is wrong beside it."""
    field = Keys.model_fields[key]
    fields: dict[str, Any] = {key: (field.annotation, field)}
    return create_model(key, __base__=Model, **fields)
