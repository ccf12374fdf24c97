"""The images of a stack, each ending in an exact image id.

None is removed with it: members' servers may run on the one before; `docker image prune` when they no
longer do.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pulumi
from pulumi import ComponentResource, ResourceOptions

from components.host import Host
from cyberhubs.paths import CHECKOUT
from cyberhubs.processes import python_module

# What an image copies, beside its own folder of `images/`.
SHARED = {"multiuser": ("images/shared", "hub")}


@dataclass
class ImagesArgs:
    host: Host
    applications: list[str]  # names of folders in `images/`
    base: str  # what every image is built from
    caddy: str  # where the front door's program is taken from
    proxy_environment: dict[str, str]  # by which builds reach the outside
    site_certificates: str  # PEM texts that the images trust beside the public ones; may be empty


class Images(ComponentResource):
    """`multiuser`, `proxy`, `front_door` and each of `applications` by name: ids ("sha256:…") on the host's engine."""

    multiuser: pulumi.Output[str]
    proxy: pulumi.Output[str]
    front_door: pulumi.Output[str]
    applications: dict[str, pulumi.Output[str]]

    def __init__(self, name: str, args: ImagesArgs, opts: ResourceOptions | None = None):
        super().__init__("cyberhubs:images:Images", name, {}, opts)
        host = args.host

        def build(image: str) -> pulumi.Output[str]:
            build_args = {"BASE_IMAGE": args.base, "SITE_CERTIFICATES": args.site_certificates}
            build_args |= {"CADDY_IMAGE": args.caddy} if image == "front-door" else {}
            return host.command(
                f"{name}-{image}",
                python_module(
                    "cyberhubs.build", image_name(image, build_args), f"images/{image}/Dockerfile"
                ),
                # Docker leaves the proxy out of the image.
                stdin=json.dumps({**build_args, **args.proxy_environment}),
                on_engine=True,
                shown=True,
                opts=ResourceOptions(parent=self, depends_on=[host]),
            ).stdout

        self.multiuser = build("multiuser")
        self.proxy = build("proxy")
        self.front_door = build("front-door")
        self.applications = {image: build(image) for image in args.applications}
        self.register_outputs({})


def image_name(image: str, build_args: dict[str, str]) -> str:
    """What it is called on an engine. Changes with the content, so that the same content never builds."""
    return f"cyberhubs/{image}:{_content_hash(image, build_args)}"


def _content_hash(image: str, build_args: dict[str, str]) -> str:
    """12 hex digits that change with any file or build argument that goes into the image."""
    digest = hashlib.sha256()
    for argument, value in sorted(build_args.items()):
        digest.update(f"{argument}={value}\0".encode())
    for path in _context_files(image):
        file = CHECKOUT / path
        digest.update(f"{path}\0{file.stat().st_mode & 0o111:o}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:12]


def _context_files(image: str) -> Iterator[str]:
    ignored = _ignored((CHECKOUT / ".dockerignore").read_text().split())
    folders = (f"images/{image}", *SHARED.get(image, ("images/shared",)))
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
