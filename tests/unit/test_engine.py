"""Where an engine keeps its images, by what engines with either store answer."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from cyberhubs.ops.engine import image_directory

CONTAINERD = [["driver-type", "io.containerd.snapshotter.v1"]]
LAYERS = [["Backing Filesystem", "extfs"], ["Supports d_type", "true"]]


@pytest.mark.parametrize(
    ("info", "directory"),
    [
        ({"Driver": "overlay2", "DriverStatus": LAYERS}, "/srv/docker"),
        ({"Driver": "vfs", "DriverStatus": None}, "/srv/docker"),
        (
            {
                "Driver": "overlayfs",
                "DriverStatus": CONTAINERD,
                "Containerd": {"Address": "/run/containerd/containerd.sock"},
            },
            "/var/lib/containerd",
        ),
        (
            {
                "Driver": "overlayfs",
                "DriverStatus": CONTAINERD,
                "Containerd": {"Address": "/var/run/docker/containerd/containerd.sock"},
            },
            "/srv/docker/containerd/daemon",
        ),
    ],
    ids=["layers of its own", "copies", "containerd of the system", "containerd of its own"],
)
def test_where_images_are(info: dict[str, Any], directory: str) -> None:
    client = SimpleNamespace(info=lambda: {"DockerRootDir": "/srv/docker", **info})
    assert image_directory(cast(Any, client)) == directory
