"""Serve the plugin: `python -m offline.plugins.github ENGINE_ADDRESS`."""

from offline.plugins.github.connection import CONFIG, GitHub
from offline.plugins.github.membership import TeamMembership
from offline.plugins.github.team import Team
from offline.plugins.provider import Provider
from offline.plugins.server import serve


def make(address: str) -> Provider:
    github = GitHub()
    resources = {
        "github:index/team:Team": Team(github),
        "github:index/teamMembership:TeamMembership": TeamMembership(github),
    }
    return Provider("github", "6.15.0", CONFIG, resources, github.configure, engine=address)


if __name__ == "__main__":
    serve(make)
