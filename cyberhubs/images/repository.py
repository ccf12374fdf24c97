"""Builds the image of a git repository, as repo2docker does, by the engine's own builder: repo2docker's own way needs
Docker's command and its plugin buildx on the control machine, which no other image does.
"""

import os
import subprocess
from collections import deque
from collections.abc import Mapping
from contextlib import chdir
from tempfile import TemporaryDirectory
from typing import Any, cast

from docker import DockerClient
from docker.errors import DockerException
from repo2docker import __version__
from repo2docker.app import Repo2Docker
from repo2docker.buildpacks import BuildPack

from cyberhubs.images.build_messages import LAST_LINES, BuildError, built
from cyberhubs.images.pull import MACHINES
from cyberhubs.progress import Step

SILENT_S = 120  # for how long a repository's host may send nothing
# As mybinder.org has it; the hub starts it as the stack's user.
USER = {"NB_USER": "jovyan", "NB_UID": "1000"}
KNOWN = (
    "Dockerfile, environment.yml, requirements.txt, pyproject.toml, setup.py, Pipfile, runtime.txt, Project.toml, "
    "DESCRIPTION, install.R, default.nix"
)
# Only BuildKit has this; the files have that mode already.
FOR_BUILDKIT = "COPY --chmod=0755 "


def build(
    client: DockerClient, name: str, url: str, commit: str, arguments: Mapping[str, str], step: Step
) -> str:
    """The id of the image. Raises as `built`."""
    with TemporaryDirectory(prefix="cyberhubs-repository-") as folder:
        _fetch(url, commit, folder, step)
        with chdir(folder):  # where repo2docker looks
            options = _options(client, name, url, commit, arguments)
            return built(client, name, step, **options)


def _fetch(url: str, commit: str, folder: str, step: Step) -> None:
    clone = ("clone", "--no-checkout", "--progress", url, folder)
    _git(*clone, step=step, failed=f"Getting {url} failed")
    missing = f"{url} has no commit {commit}; `git ls-remote {url}` shows those of its branches"
    _git("-C", folder, "checkout", "--quiet", commit, step=step, failed=missing)
    parts = ("submodule", "update", "--init", "--recursive")
    _git("-C", folder, *parts, step=step, failed=f"Getting the submodules of {url} failed")


def _git(*arguments: str, step: Step, failed: str) -> None:
    environment = {
        **os.environ,
        "GIT_TERMINAL_PROMPT": "0",  # who asks for a login has an end
        "GIT_HTTP_LOW_SPEED_LIMIT": "1",
        "GIT_HTTP_LOW_SPEED_TIME": str(SILENT_S),
    }
    said: deque[str] = deque(maxlen=LAST_LINES)
    try:
        process = subprocess.Popen(
            ["git", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except FileNotFoundError:
        raise BuildError(
            "There is no git on this machine: install it, for example by `apt install git`."
        ) from None
    with process:
        assert process.stdout
        for line in map(str.strip, process.stdout):  # git's progress has lines of their own, too
            if line:
                said.append(line)
                step.show(line)
    if process.returncode:
        lines = "\n".join(f"  {line}" for line in said)
        raise BuildError(
            f"{failed}. git said:\n{lines}\nFix that, then run the same command again."
        )


def _options(
    client: DockerClient, name: str, url: str, commit: str, arguments: Mapping[str, str]
) -> dict[str, Any]:
    """What repo2docker asks an engine to build, of the folder in which this process is."""
    asked = _Asked()
    try:
        pack = _pack(url, commit)
        pack.platform = f"linux/{_architecture(client)}"
        pack.labels |= {
            "repo2docker.version": __version__,
            "repo2docker.repo": url,
            "repo2docker.ref": commit,
        }
        render = pack.render
        pack.render = lambda build_args=None: render(build_args).replace(FOR_BUILDKIT, "COPY ")
        list(pack.build(asked, name, 0, {**USER, **arguments}, [], {}))
    except (DockerException, BuildError):
        raise
    except Exception as error:  # of many kinds, for what it finds in the repository's files
        raise BuildError(
            f"repo2docker does not understand {url} at {commit}: {error}\n"
            "Have that mended there, or name another commit."
        ) from error
    return asked.options


def _pack(url: str, commit: str) -> BuildPack:
    """By which it knows the environment."""
    app = Repo2Docker()
    for kind in app.buildpacks:
        pack = kind(base_image=app.base_image)
        if pack.detect():
            return cast("BuildPack", pack)
    raise BuildError(
        f"{url} says at {commit} of no environment: repo2docker has looked for {KNOWN}, in binder/ or .binder/ if there is one, "
        "else at the top. Have one of them added there, or name another repository or commit."
    )


class _Asked:
    """In the place of an engine. `options`: as `built` takes them; those for other engines are left out."""

    options: dict[str, Any]

    def build(
        self,
        *,
        tag: object,
        platform: object,
        container_limits: object,
        cache_from: object,
        **options: Any,
    ) -> tuple[()]:
        self.options = options
        return ()


def _architecture(client: DockerClient) -> str:
    machine = str(client.info()["Architecture"])
    return MACHINES.get(machine, machine)
