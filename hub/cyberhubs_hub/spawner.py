"""How a member's server starts: a container of Docker's, in its turn, with its limits."""

import asyncio
import time
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from docker.errors import APIError
from docker.types import Mount
from jupyterhub import orm
from tornado import web

from cyberhubs_hub import rescue
from cyberhubs_hub.answering import answers
from cyberhubs_hub.container_options import arguments, is_of_hub, threads, token_of
from cyberhubs_hub.data_spaces import MOUNTINFO, Spaces
from cyberhubs_hub.failures import StartFailure, explain
from cyberhubs_hub.first_page import FirstPages
from cyberhubs_hub.homes import (
    HOME,
    Record,
    home_in,
    home_paths,
    lay_out,
    link_spaces,
    make_home,
    of_image,
    read_skeleton,
    remove_home,
)
from cyberhubs_hub.live import LiveFile
from cyberhubs_hub.menu import FIRST_PAGE, Menu, known_options, start_form
from cyberhubs_hub.quotas import LimitedHome
from cyberhubs_hub.shared.access_rules import LOAD_SERVICE, SMOKE_SERVICE, SMOKE_USER, is_trial
from cyberhubs_hub.shared.commands import output
from cyberhubs_hub.shared.config import USERS_DIR, HubConfig
from cyberhubs_hub.upstream import PatchedDockerSpawner, enter_server_token, unknown_is_running
from cyberhubs_hub.why_ended import Ended

START_LIMIT_S = 300  # for one server, from its place in the queue to its first answer
START_LABEL = "cyberhubs.start"  # of an image: the command that starts its server
LABEXTENSION = "/usr/local/share/jupyter/labextensions/cyberhubs"  # found there whatever the image


class HubSpawner(LimitedHome, Ended, PatchedDockerSpawner):
    """DockerSpawner with a queue, our menu, homes and limits, and a start that ends when the
    server answers, so that a place in the queue stands for the work of a whole start."""

    # Set where the spawner is configured.
    hub_config: ClassVar[HubConfig]
    menu: ClassVar[LiveFile[Menu]]
    spaces: ClassVar[Spaces]
    first_pages: ClassVar[FirstPages]
    users_dir: ClassVar[Path] = Path(USERS_DIR)

    _home = ""
    _inside: str = HOME  # where the image expects it
    _disk: rescue.Disk = rescue.Disk()
    _image_found: dict[str, Any]  # as Docker inspects it

    @property
    def _is_smoke_test(self) -> bool:
        return self.user.name == SMOKE_USER

    @property
    def _is_asked_by_hub(self) -> bool:
        by = self.handler and self.handler.current_user
        return isinstance(by, orm.Service) and str(by.name) in (SMOKE_SERVICE, LOAD_SERVICE)

    @property
    def _base_url(self) -> str:
        assert self.server  # JupyterHub sets it before a start
        return self.server.base_url

    # What to start

    def allowed_menu(self) -> dict[str, str] | str:
        """For DockerSpawner.allowed_images; the smoke test starts images that no menu names yet."""
        if self._is_smoke_test:
            return "*"
        menu = self.menu.refresh().value or {}
        return {entry.name: entry.image for entry in menu.values()}

    def form(self) -> str:
        menu = self.menu.refresh().value or {}
        last = self.orm_spawner.user_options or {}
        return start_form(menu, self.hub_config.interface, last)

    def choose(self, options: dict[str, Any]) -> None:
        """For Spawner.apply_user_options. The options may come from a form, from a script or, if a
        start says nothing, from the last time. Raises SpawnException, or HTTPError 403.
        """
        self.user_options = known_options(options)
        if is_trial(self.user.name) and not self._is_asked_by_hub:
            raise web.HTTPError(403, "Only the hub itself starts this server.")
        images = self.allowed_menu()
        if isinstance(images, dict):
            if not images:
                raise StartFailure("menu", "This hub offers no application yet. Tell its operator.")
            wanted = next(iter(images)) if len(images) == 1 else self.user_options.get("image")
            if wanted not in images:
                raise StartFailure("menu", f"Choose an application: {', '.join(images)}.")
            self.user_options = {**self.user_options, "image": wanted}
        interface = self.hub_config.interface
        if interface == "choose":
            interface = self.user_options.get("interface", "lab")
        entry = (self.menu.value or {}).get(self.user_options.get("image", ""))
        own = entry.page if entry else ""
        self.default_url = own or FIRST_PAGE.get(interface, FIRST_PAGE["lab"])

    def first_page(self) -> list[str]:
        """What a browser may load of it before it runs: paths below its own."""
        entry = (self.menu.value or {}).get(self.user_options.get("image", ""))
        if not entry or self.default_url != FIRST_PAGE["lab"]:
            return []
        return self.first_pages.of(entry.image)

    async def get_command(self) -> list[str]:
        """A label, since nothing is run in the image to find out: it may have no shell, and a second
        interpreter would add its own start to each server's."""
        if own := self._own_start:
            return [own, *self.get_args()]
        return await super().get_command()

    @property
    def _own_start(self) -> str | None:
        return (self._image_found["Config"].get("Labels") or {}).get(START_LABEL)

    # Starting

    async def start(self) -> str:
        """The server's URL, once it answers. Raises SpawnException with a sentence."""
        self.stage = None
        self.starts()
        try:
            memory = self.hub_config.limits.memory_bytes
            async with nullcontext() if self._is_smoke_test else self.turn(memory):
                async with asyncio.timeout(START_LIMIT_S):
                    ip, port = await self._find() or await self._make()
                    address = f"http://{ip}:{port}"
                    self.begin(50, f"Waiting for the server{self.spaces.without(self._home)}")
                    await self._wait_for_answer(address)
                    self.begin(90, "Opening the way to it")
        except Exception as error:
            log = await self.end_of_log()
            failure = explain(error)
            self.did_not_start(failure)
            raise failure.with_log(log, on_page=is_trial(self.user.name)) from error
        return address

    async def _find(self) -> tuple[Any, int] | None:
        """Address of a server that runs although the hub's database does not know it, as after that
        was lost: it may be somebody's work. Whatever else is left of one is removed."""
        found = await self.get_object()
        if not found:
            return None
        token = token_of(found)
        if found["State"]["Running"] and token and not is_trial(self.user.name):
            why_not = await self._put_back(found)
            if not why_not:
                self.log.warning("%s runs, the database did not know it", self._log_name)
                self.api_token = token  # JupyterHub enters it
                return await self.get_ip_and_port()
        await self.remove_object()
        return None

    async def _make(self) -> tuple[Any, int]:
        if is_trial(self.user.name):
            remove_home(self.users_dir, self.user.name)
        self._home = make_home(self.users_dir, self.user.name)
        await self.limit_home(self._home)
        self._disk = rescue.look(self.users_dir, self.users_dir / self._home)
        self.begin(20, "Making the container")
        address = await self.spaces.started(super().start, self.client, self._home)
        if self.spaces.have_mounts:
            # As nobody: a member's debugger could use what is not of the server.
            asked = await self.docker("exec_create", self.object_id, MOUNTINFO, user="65534:65534")
            said = await asyncio.to_thread(output, self.client, asked["Id"])
            self.spaces.check_mounted(self._home, said)
        return address

    async def get_object(self) -> dict[str, Any] | None:
        """Nothing that is not the hub's own, whatever its name: it is neither used nor removed."""
        found = await super().get_object()
        if found and not is_of_hub(found, self.hub_config):
            self.object_id = ""
            return None
        return found

    async def create_object(self) -> Any:
        self._image_found = await self.docker("inspect_image", self.image)
        self._inside = self.notebook_dir = home_in(self._image_found)
        await self._furnish(self.users_dir / self._home)
        await self.keep_project(self._image_found)
        await self.limit_layer()
        created = await super().create_object()
        self.begin(35, "Starting the container")
        return created

    def get_args(self) -> list[str]:
        own = bool(self._own_start)
        more = arguments(self.hub_config, self._disk.says, self.left_out, says_killed=own)
        return [*super().get_args(), *more]

    def get_env(self) -> dict[str, str]:
        own = {"HOME": self._inside, **self._disk.environment}
        if self.left_out and not self._own_start:  # in ours, kernels keep members' packages
            own["PYTHONNOUSERSITE"] = "1"
        return threads(self.hub_config, self._image_found) | super().get_env() | own

    @property
    def mount_binds(self) -> list[Mount]:
        config = self.hub_config
        home = f"{config.homes_path}/{self._home}"
        return [
            *(Mount(at, home, type="bind") for at in home_paths(self._inside)),
            Mount("/etc/passwd", config.passwd_path, type="bind", read_only=True),
            Mount("/etc/group", config.group_path, type="bind", read_only=True),
            Mount(LABEXTENSION, config.labextension_path, type="bind", read_only=True),
            *self.keeping_project(),
            *self._disk.mounts,
            *self.spaces.binds(self._home, self.client.api_version),
        ]

    async def _furnish(self, home: Path) -> None:
        """What an image brings for a home, and the ways to data spaces; a start on a full disk does without."""
        record, image = Record(home), str(self._image_found["Id"])
        name = of_image(self.user_options["image"], image)
        try:
            if name not in record.applications:
                self.begin(25, "Laying out what the application brings")
                read = partial(read_skeleton, self.client, image, self._inside, self.users_dir)
                await lay_out(home, record, name, read)
            link_spaces(home, record, [space.target for space in self.hub_config.mounts])
        except (OSError, APIError, StartFailure) as error:
            if isinstance(error, StartFailure) and is_trial(self.user.name):
                raise
            self.log.warning("%s starts with its home as it is: %s", self._log_name, error)

    async def _wait_for_answer(self, address: str) -> None:
        """Asks often, as every tenth of a second is somebody's; JupyterHub's own waiting backs
        off to seconds."""
        url = f"{address}{self._base_url}api"
        looked = time.monotonic()
        while not await answers(url):
            if time.monotonic() - looked > 1:
                looked = time.monotonic()
                status = await self.poll()
                if status is not None:
                    found = await self.docker("inspect_container", self.object_id)
                    raise self.why_not_started(found["State"], status)
            await asyncio.sleep(0.1)

    # Stopping, and hubs that come and go

    async def run_post_stop_hook(self) -> None:
        await super().run_post_stop_hook()
        if is_trial(self.user.name):
            remove_home(self.users_dir, self.user.name)

    def start_polling(self) -> None:
        super().start_polling()
        labels = self.hub_config.labels
        self.endings.watch(str(self.object_name), self.poll_and_notify, self.client, labels)

    def stop_polling(self) -> None:
        super().stop_polling()
        self.endings.forget(str(self.object_name))

    @unknown_is_running
    async def poll(self) -> int | str | None:
        """None while the server runs, or Docker does not answer."""
        status = await super().poll()
        if status is None and self._check_pending:
            return await self._take_over()
        if status and (found := await self.get_object()):
            self.ended(found["State"])
        return status

    async def _take_over(self) -> str | None:
        """Sees to it that a server which a hub finds as it starts is on the hub's network, and has
        a token that the hub knows. Returns the reason if it cannot be: then this server is lost,
        and no other."""
        container = await self.docker("inspect_container", self.object_name)
        token = token_of(container)
        if token and not orm.APIToken.find(self.db, token):
            await enter_server_token(self, token)
        return await self._put_back(container)

    async def _put_back(self, container: dict[str, Any]) -> str | None:
        if self.network_name in container["NetworkSettings"]["Networks"]:
            return None
        self.log.warning("%s is off its hub's network: it is put back", self._log_name)
        try:
            await self.docker("connect_container_to_network", self.object_id, self.network_name)
        except APIError as error:
            return f"It cannot be put back on its hub's network: {error}"
        return None
