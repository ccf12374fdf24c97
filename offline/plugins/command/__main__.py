"""Serve the plugin: `python -m offline.plugins.command ENGINE_ADDRESS`."""

from offline.plugins.command.resources import LocalCommand
from offline.plugins.provider import Provider
from offline.plugins.server import serve


def make(address: str) -> Provider:
    resources = {"command:local:Command": LocalCommand()}
    return Provider("command", "1.2.1", {}, resources, engine=address)


if __name__ == "__main__":
    serve(make)
