"""All keys of a stack file, those that start with "cyberhubs:"."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from cyberhubs.settings.base import Model, read_text
from cyberhubs.settings.domain import Domain
from cyberhubs.settings.host import Host
from cyberhubs.settings.hubs import NAME_PATTERN, Hub, hub_name
from cyberhubs.settings.images import Images
from cyberhubs.settings.teams import Team, TeamName
from cyberhubs.settings.tls import Tls
from cyberhubs.settings.user import User
from cyberhubs.settings.visitors import Visitors

HubName = Annotated[str, BeforeValidator(read_text), AfterValidator(hub_name)]


class Keys(Model):
    """What a stack file says."""

    host: Host = Field(examples=["{kind: local, data: {path: ~/cyberhubs-data}}"])
    """The machine that carries the hubs."""
    domain: Domain | None = None
    """The name under which the hubs are reached, such as hub.example.org."""
    tls: Tls = Field(examples=["{mode: none, port: 8000}"])
    """Where certificates come from."""
    visitors: Visitors = Visitors()
    """What somebody whom no hub knows may send to the front door, and hold there."""
    user: User = User()
    """Who owns the members' files on the host."""
    images: Images = Images()
    """What the images are built from."""
    hubs: dict[HubName, Hub] = Field(
        min_length=1,
        examples=["{core: {applications: [corehub], login: {kind: password}}}"],
        json_schema_extra={"propertyNames": {"pattern": f"^{NAME_PATTERN}$"}},
    )
    """The hubs, by the name that ends their address."""
    teams: dict[TeamName, Team] = Field(
        default={}, examples=['{"my-org:class-2027": {members: {file: class-2027.txt}}}']
    )
    """Teams at GitHub, as org:team, that the program manages; a hub admits them by its access.organizations."""
