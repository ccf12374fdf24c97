"""What a stack file may say. `load` for what Pulumi hands over, `load_file` for the file itself."""

from cyberhubs.settings.hubs import Hub
from cyberhubs.settings.load import Settings, Way, load, load_file
from cyberhubs.settings.problems import SettingsError

__all__ = ["Hub", "Settings", "SettingsError", "Way", "load", "load_file"]
