"""From an old system's checkout to a stack file, and a report of what became of its settings. Nothing of it is run."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cyberhubs.errors import UserError
from cyberhubs.migrate import deploy_docker, old_cyberhubs, report, stack_file, tljh
from cyberhubs.migrate.carry import carry
from cyberhubs.migrate.old_system import OldSystem
from cyberhubs.migrate.stack_file import report_name
from cyberhubs.settings.base import HIDDEN

__all__ = ["Migration", "migrate", "read", "report_name"]

_WANTED = (
    "an old Cyberhubs has multiuser/docker-compose.yml and scripts/jupyterhub-config-script.sh, "
    "The Littlest JupyterHub config/config.yaml (in /opt/tljh), jupyterhub-deploy-docker a compose file beside its "
    "jupyterhub_config.py"
)


@dataclass(frozen=True)
class Migration:
    """What is to be written."""

    stack_file: str
    report: str


def read(folder: Path) -> OldSystem:
    """What the one old system in `folder` says. Raises UserError where there is none, or more than one."""
    try:
        if not folder.is_dir():
            raise UserError(
                f"{folder} is no folder. Say where the old checkout is: FROM=/path/to/it."
            )
        found = _readers(folder)
        if len(found) > 1:
            raise UserError(
                f"{folder} holds {' and '.join(found)}: name the folder of one of them by FROM=."
            )
        if not found:
            raise UserError(f"{folder} holds no system that is known: {_WANTED}.")
        return next(iter(found.values()))(folder)
    except PermissionError as error:
        raise UserError(
            f"{error.filename} cannot be read: {error.strerror}. Run this as root."
        ) from None


def _readers(folder: Path) -> dict[str, Callable[[Path], OldSystem]]:
    """Of those systems that the folder looks like."""
    old = old_cyberhubs.hub_folders(folder)
    checkout = deploy_docker.checkout(folder)
    found: dict[str, Callable[[Path], OldSystem]] = {}
    if old:
        found["an old Cyberhubs"] = old_cyberhubs.read
    if tljh.config_folder(folder):
        found["The Littlest JupyterHub"] = tljh.read
    if checkout and checkout not in old:
        found["jupyterhub-deploy-docker"] = deploy_docker.read
    return found


def migrate(system: OldSystem, stack: str, folder: Path) -> Migration:
    """Raises SettingsError for a name that no stack can have."""
    draft = carry(system, stack)
    said = report.text(system, draft, str(folder))
    for secret in _secrets(system):  # wherever one may have got by a mistake in a file
        said = said.replace(secret, HIDDEN)
    return Migration(stack_file.text(draft, system.title), said)


def _secrets(system: OldSystem) -> list[str]:
    traits = [item for hub in system.hubs for item in hub.traits.items()]
    found = [str(trait.value) for name, trait in traits if name.endswith("_secret")]
    return [secret for secret in found if len(secret) > 8]
