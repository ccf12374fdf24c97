"""Images on the Docker engine: found, pulled from a public registry, or made of a folder."""

import errno
import subprocess
import urllib.parse
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cyberhubs.progress import Report, Step

from . import docker_api, ladder
from .errors import InstallError, UnavailableError

FIRST_ANSWER_S = 25.0


class EngineImage:
    """An image that is named `image` on the engine: its makers' `public` one, or made here."""

    def __init__(self, image: str, public: str) -> None:
        self.image, self.public = image, public

    @property
    def name(self) -> str:
        return f"image {self.image}"

    def found(self) -> str | None:
        """Raises InstallError when no engine answers."""
        try:
            answer = docker_api.get(f"/images/{self.image}/json")
        except LookupError:
            return None
        except OSError as error:
            raise InstallError(
                f"No Docker engine answers ({error}): run python3 -m install engine."
            ) from error
        return f"found ({answer['Id'][:19]})"

    def sources(self) -> Sequence[ladder.Source]:
        return [
            ladder.vendor(lambda report: pull(self.public, self.image, report)),
            ladder.packages(self.make),
        ]

    @abstractmethod
    def make(self, report: Report) -> str:
        """From what package registries carry."""


def pull(public: str, image: str, report: Report) -> str:
    """Pulls `public` ("name:tag") and names it `image`; what was done."""
    name, tag = public.rsplit(":", 1)
    repository, own_tag = image.rsplit(":", 1)
    with report.step(f"{repository}: pulling {public}") as step:
        try:
            # The engine looks the name up, so only it can tell whether there is a way out.
            docker_api.get(f"/distribution/{public}/json", timeout=FIRST_ANSWER_S)
        except LookupError as error:
            raise UnavailableError(f"its registry has no {public}") from error
        except OSError as error:
            raise UnavailableError(
                f"the engine gets no {public} from its registry ({error})"
            ) from error
        try:
            docker_api.post(f"/images/create?fromImage={name}&tag={tag}", progress=_progress(step))
            docker_api.post(f"/images/{public}/tag?repo={repository}&tag={own_tag}")
        except OSError as error:
            raise _stopped(f"Pulling {public}", error) from error
        digests = docker_api.get(f"/images/{public}/json")["RepoDigests"]
    return f"pulled {digests[0] if digests else public}"


def load(root: Path, image: str, changes: Sequence[str]) -> None:
    """Makes `image` of the files in `root`; `changes` are lines of a Dockerfile."""
    repository, tag = image.rsplit(":", 1)
    with subprocess.Popen(
        ["tar", "-C", root, "--numeric-owner", "-c", "."], stdout=subprocess.PIPE
    ) as tar:
        assert tar.stdout is not None
        stream = tar.stdout

        def blocks() -> Iterator[bytes]:
            while block := stream.read(1 << 20):
                yield block
            if tar.wait() != 0:
                raise InstallError(f"tar could not read the new {repository}: run it again.")

        query = urllib.parse.urlencode({"changes": list(changes)}, doseq=True)
        try:
            docker_api.post(
                f"/images/create?fromSrc=-&repo={repository}&tag={tag}&{query}", body=blocks()
            )
        except OSError as error:
            raise _stopped(f"The import of the new {repository}", error) from error


def _progress(step: Step) -> Any:
    def show(message: dict[str, Any]) -> None:
        step.show(" ".join(filter(None, [message.get("status"), message.get("progress")])))

    return show


def _stopped(what: str, error: OSError) -> Exception:
    if error.errno == errno.ENOSPC:
        return error
    return InstallError(f"{what} stopped ({error}): run the same command again to go on.")
