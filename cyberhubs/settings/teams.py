"""`cyberhubs:teams`: teams at GitHub whose members the stack file names."""

from typing import Annotated

from cyberhubs_hub.shared.access_rules import normalize_organization
from pydantic import AfterValidator, BeforeValidator, Field

from cyberhubs.settings.access import Names
from cyberhubs.settings.base import Model, read_text


def _team_name(value: str) -> str:
    if ":" not in value:
        raise ValueError(f"{value!r} is no team — write my-org:my-team")
    return normalize_organization(value)


TeamName = Annotated[str, BeforeValidator(read_text), AfterValidator(_team_name)]


class Team(Model):
    """A team that Cyberhubs creates, and the members that it adds."""

    members: Annotated[Names, Field(min_length=1)]
    """Names of members to add; other members of the team stay."""
