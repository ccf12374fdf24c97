from offline.plugins.command.resources import RESOURCES
from offline.plugins.provider import Provider
from offline.plugins.server import serve

serve(lambda engine: Provider("command", "1.2.1", {}, RESOURCES, engine=engine))
