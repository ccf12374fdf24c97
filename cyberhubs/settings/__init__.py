"""What a stack file may say. `load` for what Pulumi hands over, `load_file` for the file itself, `load_host` for
its host alone."""

from cyberhubs.settings.applications import Application, OwnApplication
from cyberhubs.settings.hubs import Hub
from cyberhubs.settings.load import Settings, load, load_file, load_host
from cyberhubs.settings.login import GithubLogin, PasswordLogin
from cyberhubs.settings.metrics import Metrics
from cyberhubs.settings.problems import SettingsError

__all__ = [
    "Application",
    "GithubLogin",
    "Hub",
    "Metrics",
    "OwnApplication",
    "PasswordLogin",
    "Settings",
    "SettingsError",
    "load",
    "load_file",
    "load_host",
]
