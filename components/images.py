"""The images of a stack, each ending in an exact image id.

None is removed with it: members' servers may run on the one before, and it is what `make rollback` goes back to.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pulumi
from cyberhubs_hub.shared.images import OURS, pulled_name
from pulumi import ComponentResource, ResourceOptions
from pulumi_command.local import Command

from components.host import Host
from cyberhubs.images import commands
from cyberhubs.images.registry_names import images_of, registry_of
from cyberhubs.paths import CHECKOUT
from cyberhubs.settings import Application, OwnApplication
from cyberhubs.settings.applications import Repository
from cyberhubs.settings.registries import Registry, login_of

# What an image copies, beside its own folder of `images/`.
SHARED = {"multiuser": ("images/shared", "hub"), "prometheus": ("images/shared", "monitoring")}
LISTS = "images/lists"  # builds the images of applications that are lists of packages


@dataclass
class ImagesArgs:
    host: Host
    applications: Mapping[str, Application | OwnApplication]  # each after the one it is built on
    base: str  # what every image of this repository is built from
    caddy: str  # where the front door's program is taken from
    held: Mapping[str, str]  # application → the image on the engine that it is, in place of its own
    lock: Mapping[str, str]  # name on the engine → where that image of ours is pulled from
    prometheus: bool  # whether the stack has one of its own
    proxy_environment: dict[str, str]  # by which builds reach the outside
    refreshed: str  # day of which their distributions' updates are to be in them; may be empty
    registries: Mapping[str, Registry]
    site_certificates: str  # PEM texts that the images trust beside the public ones; may be empty


class Images(ComponentResource):
    """`multiuser`, `proxy`, `front_door`, `prometheus` if asked for, and each of `applications` by name: ids ("sha256:…") on
    the host's engine."""

    multiuser: pulumi.Output[str]
    proxy: pulumi.Output[str]
    front_door: pulumi.Output[str]
    prometheus: pulumi.Output[str] | None
    applications: dict[str, pulumi.Output[str]]

    def __init__(self, name: str, args: ImagesArgs, opts: ResourceOptions | None = None):
        super().__init__("cyberhubs:images:Images", name, {}, opts)
        self._name, self._args = name, args
        self._built: dict[str, _Built] = {}  # images of this repository
        self.multiuser = _id(self._build("multiuser"))
        self.proxy = _id(self._build("proxy"))
        self.front_door = _id(self._build("front-door", CADDY_IMAGE=args.caddy))
        self.prometheus = _id(self._build("prometheus")) if args.prometheus else None
        self.applications = {
            image: _id(self._application(one)) for image, one in args.applications.items()
        }
        self.register_outputs({})

    def _application(self, application: Application | OwnApplication) -> Command:
        name = application.name
        if held := self._args.held.get(name):
            made = self._image(name, commands.hold(name, held))
            self._built[name] = _Built(held, made)  # for those that are built on it
            return made
        if isinstance(application, OwnApplication):
            base = application.from_
            return (
                self._add_lists(name, name, base)
                if application.is_lists
                else self._build(name, base)
            )
        if application.combine:
            return self._combine(application.combine)
        if application.build:
            return self._build_folder(name, application.build)
        if application.repository:
            return self._build_repository(name, application.repository)
        assert application.image
        return self._pull(name, application.image, pulled_name(name, application.image))

    def _build(self, image: str, base: str | None = None, **more: str) -> Command:
        """Of a folder of `images/`, on the image of another if it has a `base`."""
        return self._build_on(image, base, f"images/{image}", (), more)

    def _add_lists(self, image: str, application: str, base: str | None) -> Command:
        """The lists of packages of an application, on those that the image of `base` may have."""
        folders = f"images/{application}", LISTS, "images/shared"
        return self._build_on(image, base, LISTS, folders, {"APPLICATION": application})

    def _combine(self, names: Sequence[str]) -> Command:
        """Each on the image of those before it, whose layers it shares."""
        image = names[0]
        for name in names[1:]:
            base, image = image, f"{image}+{name}"
            if image not in self._built:
                self._add_lists(image, name, base)
        return self._built[image].made

    def _build_on(
        self,
        image: str,
        base: str | None,
        dockerfile: str,
        folders: Sequence[str],
        more: dict[str, str],
    ) -> Command:
        below = self._built[base] if base else None
        arguments = self._arguments | more | ({"FROM_IMAGE": below.called} if below else {})
        called = image_name(image.replace("+", "-"), arguments, folders)
        file = f"{dockerfile}/Dockerfile"
        takes = images_of((CHECKOUT / file).read_text(), arguments)
        after = [below.made] if below else []
        made = self._ours(image, called, arguments, takes, file, after=after)
        self._built[image] = _Built(called, made)
        return made

    def _build_folder(self, name: str, folder: Path) -> Command:
        arguments = self._arguments
        called = f"{OURS}{name}:{_hash(arguments, folder, _files(folder))}"
        path = folder.relative_to(CHECKOUT) if folder.is_relative_to(CHECKOUT) else folder
        takes = images_of((folder / "Dockerfile").read_text(), arguments)
        return self._ours(name, called, arguments, takes, "Dockerfile", "--context", str(path))

    def _build_repository(self, name: str, repository: Repository) -> Command:
        content = {**repository.model_dump(), "repo2docker": version("jupyter-repo2docker")}
        called = f"cyberhubs/{name}:{_hash(content, CHECKOUT, ())}"
        where = "--repository", repository.url, repository.commit
        return self._ours(name, called, {}, None, *where)

    def _ours(
        self,
        name: str,
        called: str,
        arguments: dict[str, str],
        takes: Sequence[str] | None,
        *dockerfile: str,
        after: Sequence[Command] = (),
    ) -> Command:
        """Pulled as the lock has it, else built, with the logins that there are for the images that it `takes`: all
        of them where these are not known."""
        lock = self._args.lock
        if reference := lock.get(called):
            return self._pull(name, reference, called)
        if lock:
            other = any(locked.startswith(f"{called.partition(':')[0]}:") for locked in lock)
            why = (
                "is not what the lock of cyberhubs:images was made of (its folder, what it is built from, or the site's "
                "certificates are others)"
                if other
                else "is not in the lock of cyberhubs:images"
            )
            pulumi.log.warn(
                f"Image {name} {why}: it is built on the machine. `make publish` writes a new lock.",
                self,
            )
        logins = {
            registry: login.for_docker
            for registry, login in self._args.registries.items()
            if takes is None or registry in map(registry_of, takes)
        }
        # Docker leaves the proxy out of the image.
        given = json.dumps(
            {"arguments": {**arguments, **self._args.proxy_environment}, "logins": logins}
        )
        command = commands.build(called, *dockerfile, takes=takes or ())
        return self._image(name, command, pulumi.Output.secret(given) if logins else given, after)

    def _pull(self, name: str, reference: str, named: str) -> Command:
        login = login_of(self._args.registries, reference)
        given = json.dumps(login)
        command = commands.pull(reference, named)
        return self._image(name, command, pulumi.Output.secret(given) if login else given)

    @property
    def _arguments(self) -> dict[str, str]:
        """Of each build."""
        args = self._args
        refreshed = {"REFRESHED": args.refreshed} if args.refreshed else {}
        return {
            "BASE_IMAGE": args.base,
            "SITE_CERTIFICATES": args.site_certificates,
            **refreshed,
        }

    def _image(
        self,
        name: str,
        command: str,
        stdin: pulumi.Input[str] | None = None,
        after: Sequence[Command] = (),
    ) -> Command:
        """What prints its id."""
        host = self._args.host
        return host.command(
            f"{self._name}-{name}",
            command,
            stdin=stdin,
            on_engine=True,
            shown=True,
            opts=ResourceOptions(parent=self, depends_on=[host, *after]),
        )


@dataclass
class _Built:
    called: str  # on the engine
    made: Command


def _id(made: Command) -> pulumi.Output[str]:
    """Of an image; no secret, as the login of its registry is."""
    return pulumi.Output.unsecret(made.stdout)


def image_name(image: str, build_args: dict[str, str], folders: Sequence[str] = ()) -> str:
    """What it is called on an engine. Changes with the content, so that the same content never builds. `folders`: what
    it copies, if it has no folder of its own."""
    folders = folders or (f"images/{image}", *SHARED.get(image, ("images/shared",)))
    return f"{OURS}{image}:{_hash(build_args, CHECKOUT, _context_files(folders))}"


def _hash(build_args: dict[str, str], folder: Path, files: Iterable[str]) -> str:
    """12 hex digits that change with any file or build argument that goes into the image."""
    digest = hashlib.sha256()
    for argument, value in sorted(build_args.items()):
        digest.update(f"{argument}={value}\0".encode())
    for path in files:
        file = folder / path
        digest.update(f"{path}\0{file.stat().st_mode & 0o111:o}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:12]


def _files(folder: Path) -> Iterator[str]:
    """What a build in the folder is sent, in an order that does not change."""
    from docker.utils.build import exclude_paths  # 0.06 s, for who has folders of their own

    ignore = folder / ".dockerignore"
    ignored = ignore.read_text().split("\n") if ignore.is_file() else []
    for path in sorted(exclude_paths(str(folder), ignored)):
        if (folder / path).is_file():
            yield path


def _context_files(folders: Iterable[str]) -> Iterator[str]:
    ignored = _ignored((CHECKOUT / ".dockerignore").read_text().split())
    for path in sorted(
        str(file.relative_to(CHECKOUT))
        for folder in folders
        for file in (CHECKOUT / folder).rglob("*")
        if file.is_file()
    ):
        if not ignored.match(path):
            yield path


def _ignored(patterns: list[str]) -> re.Pattern[str]:
    """What matches the paths that .dockerignore leaves out of folders which it lets in. Docker's SDK has the same for
    all that Docker knows, and takes 0.06 s of each update."""
    meaning = {"**/": "(?:.*/)?", "*": "[^/]*"}
    return re.compile(
        "|".join(
            "".join(meaning.get(part, re.escape(part)) for part in re.split(r"(\*\*/|\*)", pattern))
            + "(?:/|$)"
            for pattern in patterns
            if pattern != "*" and not pattern.startswith("!")
        )
    )
