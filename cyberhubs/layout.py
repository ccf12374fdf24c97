"""Where a stack's data lies on its machine: members' files, and what hubs and the front door keep."""

from dataclasses import dataclass

HOMES, HUBS, DOOR, ETC, PROMETHEUS = "jupyterhub_users", "hubs", "door", "etc", "prometheus"


@dataclass(frozen=True)
class HubLayout:
    """`directory`: the hub's own. `homes`: its members'. `passes`: of those whom the front door lets through.
    `first_page`: what the door serves of its applications."""

    directory: str
    homes: str
    passes: str
    first_page: str

    @property
    def config(self) -> str:
        """Has a directory for each configuration, named by its content."""
        return f"{self.directory}/config"

    @property
    def live(self) -> str:
        """What the hub reads again at each login and start."""
        return f"{self.directory}/live"

    @property
    def labextension(self) -> str:
        """Of JupyterLab: what it says on the pages of members' servers."""
        return f"{self.directory}/labextension"

    @property
    def keep_project(self) -> str:
        """The program by which members' servers start where homes have limits."""
        return f"{self.directory}/keep-project.py"

    @property
    def spaces(self) -> str:
        """Has a line for each data space, with what is known of it on the machine."""
        return f"{self.live}/spaces"

    @property
    def secrets(self) -> str:
        return f"{self.directory}/secrets"

    @property
    def state(self) -> str:
        return f"{self.directory}/state"

    @property
    def database(self) -> str:
        return f"{self.state}/jupyterhub.sqlite"


@dataclass(frozen=True)
class DataLayout:
    """`root`: the data directory."""

    root: str

    @property
    def homes(self) -> str:
        return f"{self.root}/{HOMES}"

    @property
    def hubs(self) -> str:
        return f"{self.root}/{HUBS}"

    @property
    def door(self) -> str:
        return f"{self.root}/{DOOR}"

    @property
    def door_live(self) -> str:
        """What the door reads."""
        return f"{self.door}/live"

    @property
    def door_entries(self) -> str:
        """Has a file for each hub, with what the front page shows of it."""
        return f"{self.door_live}/hubs"

    @property
    def metrics_token(self) -> str:
        """What a Prometheus shows the door and the hubs."""
        return f"{self.door_live}/metrics_token"

    @property
    def door_state(self) -> str:
        return f"{self.door}/state"

    @property
    def prometheus(self) -> str:
        return f"{self.root}/{PROMETHEUS}"

    @property
    def prometheus_live(self) -> str:
        """What Prometheus reads, and what it reads again when it has changed."""
        return f"{self.prometheus}/live"

    @property
    def prometheus_state(self) -> str:
        """The figures that it has kept."""
        return f"{self.prometheus}/state"

    @property
    def etc(self) -> str:
        """passwd and group of members' servers."""
        return f"{self.root}/{ETC}"

    def hub(self, name: str) -> HubLayout:
        """Each hub has homes of its own: one name on two hubs may be two people."""
        return HubLayout(
            f"{self.hubs}/{name}",
            f"{self.homes}/{name}",
            f"{self.door_live}/passes/{name}",
            f"{self.door_live}/first-page/{name}",
        )
