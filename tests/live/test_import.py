"""Members' files come from an old system by the commands that `make import` prints."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support import run
from tests.support.deployment import Deployment
from tests.support.old_systems import DEPLOY_DOCKER, written

pytestmark = pytest.mark.slow


def test_from_docker_volumes(tmp_path: Path) -> None:
    """Named as DockerSpawner does; typed as they are, but for the way to the new server, which is this machine."""
    deployment = Deployment(tmp_path, "volumes")
    deployment.file.unlink()
    prefix = run.named("old-user")
    config = DEPLOY_DOCKER["jupyterhub_config.py"]
    assert isinstance(config, str)
    config = config.replace("jupyterhub-user-{username}", f"{prefix}-{{username}}")
    config = re.sub(r'.*"/srv/shared".*\n', "", config)
    old = written(tmp_path / "old", {**DEPLOY_DOCKER, "jupyterhub_config.py": config})
    said = deployment.make("import", f"FROM={old}")
    new, programs = tmp_path / "new", tmp_path / "bin"
    for name, text in (("ssh", 'shift; exec sh -c "$*"'), ("sudo", 'exec "$@"')):
        written(programs, {name: f"#!/bin/sh\n{text}\n"})
        (programs / name).chmod(0o755)
    blocks = re.findall(r"^```bash\n(.*?)^```", said, re.M | re.S)
    typed = "\n".join(blocks).replace("/mnt/jupyterhub_users", str(new))
    volumes = [
        deployment.engine.volumes.create(f"{prefix}-{name}") for name in ("ada-2dl", "grace")
    ]
    try:
        for volume in volumes:
            assert volume.attrs
            Path(volume.attrs["Mountpoint"], "x").write_text(volume.name or "")
        subprocess.run(
            ["bash", "-euc", typed],
            env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"},
            check=True,
        )
        files = {str(p.relative_to(new)): p.read_text() for p in new.rglob("*") if p.is_file()}
        assert files == {
            "core/ada-l/x": f"{prefix}-ada-2dl",
            "core/grace/x": f"{prefix}-grace",
        }
        assert {p.stat().st_uid for p in new.rglob("x")} == {1000}
    finally:
        for volume in volumes:
            volume.remove()
