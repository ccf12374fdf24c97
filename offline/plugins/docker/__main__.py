"""Serve the plugin: `python -m offline.plugins.docker ENGINE_ADDRESS`."""

from offline.plugins.docker.container import Container
from offline.plugins.docker.engine import CONFIG, Engine
from offline.plugins.docker.network import Network
from offline.plugins.provider import Provider
from offline.plugins.resource import Call, Resource, Values
from offline.plugins.server import serve


class _Image(Resource):
    """Of a stack that was made before the program built its images by a command: it stays."""

    def delete(self, call: Call, id: str, state: Values) -> None:
        pass


def make(address: str) -> Provider:
    engine = Engine()
    resources = {
        "docker:index/container:Container": Container(engine),
        "docker:index/network:Network": Network(engine),
        "docker:index/remoteImage:RemoteImage": _Image(),
    }
    return Provider("docker", "5.2.0", CONFIG, resources, engine.configure, engine=address)


if __name__ == "__main__":
    serve(make)
