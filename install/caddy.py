"""The image that the front door's Caddy is taken from: its maker's, or one with the program built
from its Go module."""

import tempfile
from pathlib import Path

from cyberhubs import paths, pins
from cyberhubs.progress import Report

from . import engine_image, golang

MODULE = paths.OFFLINE / "go/caddy"
PACKAGE = "github.com/caddyserver/caddy/v2"
# Each release has its tag: library/caddy in github.com/docker-library/official-images.
PUBLIC = f"caddy:{pins.CADDY}"


class Caddy(engine_image.EngineImage):
    def __init__(self) -> None:
        super().__init__(pins.CADDY_IMAGE, PUBLIC)

    def make(self, report: Report) -> str:
        go = golang.Go.find(MODULE)
        with (
            tempfile.TemporaryDirectory(dir=paths.build()) as folder,
            report.step(f"caddy image: building Caddy {pins.CADDY} from its Go module") as step,
        ):
            root = Path(folder)
            program = root / "usr/bin/caddy"
            program.parent.mkdir(parents=True)
            version = f"-X {PACKAGE}.CustomVersion=v{pins.CADDY}"
            go.build(MODULE, f"{PACKAGE}/cmd/caddy", program, version, step)
            step.show("importing")
            engine_image.load(root, pins.CADDY_IMAGE, ['ENTRYPOINT ["/usr/bin/caddy"]'])
        return f"built {pins.CADDY}"
