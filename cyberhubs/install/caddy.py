"""The image that the front door's Caddy is taken from: its maker's, or one with the program built
from its Go module."""

import tempfile
from pathlib import Path

from . import engine_image, golang, places
from .report import Report

MODULE = places.OFFLINE / "go/caddy"
PACKAGE = "github.com/caddyserver/caddy/v2"
VERSION = golang.required(MODULE, PACKAGE)
IMAGE = f"cyberhubs-caddy:{VERSION}"
# Each release has its tag: library/caddy in github.com/docker-library/official-images.
PUBLIC = f"caddy:{VERSION}"


class Caddy(engine_image.EngineImage):
    def __init__(self) -> None:
        super().__init__(IMAGE, PUBLIC)

    def make(self, report: Report) -> str:
        go = golang.Go.find(MODULE)
        with (
            tempfile.TemporaryDirectory(dir=places.build()) as folder,
            report.step(f"caddy image: building Caddy {VERSION} from its Go module") as step,
        ):
            root = Path(folder)
            program = root / "usr/bin/caddy"
            program.parent.mkdir(parents=True)
            version = f"-X {PACKAGE}.CustomVersion=v{VERSION}"
            go.build(MODULE, f"{PACKAGE}/cmd/caddy", program, version, step)
            step.show("importing")
            engine_image.load(root, IMAGE, ['ENTRYPOINT ["/usr/bin/caddy"]'])
        return f"built {VERSION}"
