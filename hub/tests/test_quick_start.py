import subprocess
import sys
from pathlib import Path

import pytest
from cyberhubs_hub import config

SOURCE = Path(config.__file__).with_name("quick_start.py").read_text()


@pytest.fixture
def run(tmp_path: Path):
    """Runs the source with a JupyterHub whose module for servers is the given text."""

    def run(singleuser: str) -> str:
        package = tmp_path / "jupyterhub"
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "singleuser.py").write_text(singleuser)
        fallback = tmp_path / "jupyterhub-singleuser"
        fallback.write_text('#!/bin/sh\necho "fallback $*"\n')
        fallback.chmod(0o755)
        done = subprocess.run(
            [sys.executable, "-c", SOURCE, "--flag"],
            env={"PYTHONPATH": str(tmp_path), "PATH": f"{tmp_path}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    return run


def test_the_hub_s_modules_are_empty_while_importing_and_real_afterwards(run):
    out = run(
        "from sqlalchemy.exc import SQLAlchemyError\n"
        "from sqlalchemy import create_engine\n"
        "from jupyterhub.orm import User\n"
        "from jupyterhub.handlers.pages import HealthCheckHandler\n"
        "class Mine(SQLAlchemyError): ...\n"
        "assert not isinstance('x', HealthCheckHandler)\n"
        "assert not hasattr(create_engine, '__file__')\n"
        "try:\n"
        "    import aiodns\n"
        "except ImportError: ...\n"
        "else: raise AssertionError\n"
        "def main():\n"
        "    import gc, sys, sqlalchemy\n"
        "    assert sqlalchemy.__file__ and 'jupyterhub.orm' not in sys.modules\n"
        "    assert gc.isenabled()\n"
        "    print('started', sys.argv[1:])\n"
    )
    assert out == "started ['--flag']"


def test_another_jupyterhub_starts_in_its_own_way(run):
    assert run("from jupyterhub.orm import User\nUser.metadata.bind()") == "fallback --flag"
