"""Teams at GitHub, before an update: the official provider stops all of it where it has no answer, and
fails to remove a membership that is gone already."""

import os

import httpx

from cyberhubs.ops.stack import Resource, Stack, name_of
from cyberhubs.resource_types import TEAM_MEMBERSHIP

API = "https://api.github.com"
LIMIT_S = 20
ALL = "**github:index/**"


def options(stack: Stack, resources: list[Resource]) -> list[str]:
    """Options of `pulumi up`: while GitHub does not answer, all but the teams is brought up.

    A membership that is to go is compared with GitHub first.
    """
    teams = stack.settings.teams
    there = [resource for resource in resources if resource["type"] == TEAM_MEMBERSHIP]
    if not teams and not there:
        return []
    address = os.environ.get("GITHUB_BASE_URL") or API
    try:
        if (status := httpx.get(address, timeout=LIMIT_S).status_code) >= 500:
            raise httpx.HTTPError(f"it says {status}")
    except httpx.HTTPError as error:
        print(f"GitHub at {address} does not answer ({error}): teams stay as they are.")
        return ["--exclude", ALL]
    wanted = {f"teams-{team}:{member}" for team, members in teams.items() for member in members}
    if going := [resource for resource in there if name_of(resource) not in wanted]:
        stack.refresh(going)
    return []
