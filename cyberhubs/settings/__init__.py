"""What a stack file may say. `load` for what Pulumi hands over, `load_file` for the file itself."""

from cyberhubs.settings.hubs import Hub
from cyberhubs.settings.load import Settings, Way, load, load_file
from cyberhubs.settings.login import GithubLogin, PasswordLogin
from cyberhubs.settings.problems import SettingsError

__all__ = [
    "GithubLogin",
    "Hub",
    "PasswordLogin",
    "Settings",
    "SettingsError",
    "Way",
    "load",
    "load_file",
]
