"""An image with Caddy, built from its Go module."""

import tempfile
from pathlib import Path

from cyberhubs import paths, pins
from cyberhubs.progress import Report

from . import golang, image

MODULE = paths.OFFLINE / "go/caddy"
PACKAGE = "github.com/caddyserver/caddy/v2"


class StandIn(image.StandInImage):
    def packages(self, report: Report) -> str:
        go = golang.Go.find(MODULE, report)
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
            image.load(root, self.image, ['ENTRYPOINT ["/usr/bin/caddy"]'])
        return f"built {pins.CADDY}"
