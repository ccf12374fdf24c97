"""Teams at GitHub that a hub admits."""

from collections.abc import Mapping, Sequence

import pulumi_github as github
from pulumi import ComponentResource, ResourceOptions


class Teams(ComponentResource):
    """Teams of organizations and members of theirs, by the rights of GITHUB_TOKEN."""

    def __init__(
        self, name: str, teams: Mapping[str, Sequence[str]], opts: ResourceOptions | None = None
    ):
        """`teams`: "org:team" → names."""
        super().__init__("cyberhubs:github:Teams", name, {}, opts)
        owners = {
            org: github.Provider(f"{name}-{org}", owner=org, opts=ResourceOptions(parent=self))
            for org in sorted({team.partition(":")[0] for team in teams})
        }
        for full_name, members in teams.items():
            org, _, slug = full_name.partition(":")
            team_name = f"{name}-{full_name}"
            child = ResourceOptions(parent=self, provider=owners[org])
            team = github.Team(
                team_name,
                name=slug,
                privacy="closed",
                # Others may have given it rights of their own.
                opts=ResourceOptions.merge(child, ResourceOptions(protect=True)),
            )
            for member in members:
                github.TeamMembership(
                    f"{team_name}:{member}",  # hyphens alone could make two of them one
                    team_id=team.id,
                    username=member,
                    # An organization's owner is a maintainer of all its teams.
                    opts=ResourceOptions.merge(child, ResourceOptions(ignore_changes=["role"])),
                )
        self.register_outputs({})
