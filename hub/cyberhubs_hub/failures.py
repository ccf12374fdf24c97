"""Why a server did not start, in a sentence for the person who wanted it."""

import errno

from docker.errors import APIError, DockerException, ImageNotFound
from jupyterhub.spawner import SpawnException
from requests.exceptions import RequestException

REASONS = (
    *("disk", "docker", "engine", "exit", "home", "image", "memory", "menu", "mount", "name"),
    *("oom", "quota", "share", "space", "timeout"),
)
FULL = (
    "The hub's disk is full. Your files are safe, and running notebooks continue. "
    "Ask its operator to make room, then try again."
)
HOME_FULL = "Your home is full: there is no room in it for what a start needs. Ask the hub's operator to delete some of your files."
NO_MEMORY = (
    "The hub's machine has no memory left for another server. Your files are safe. Try again later: "
    "servers of others may have ended by then."
)
_NAME_IN_USE = (
    "The hub's machine still has a container of your server's name. Try again in a minute. If that "
    "does not help, tell the hub's operator."
)
_NO_IMAGE = (
    "This application's image is not on the hub's machine. Ask its operator to run `make up`."
)
NO_SOURCE = "bind source path does not exist"  # as Docker says it


class StartFailure(SpawnException):
    """`sentence` is for the page, `detail` for the hub's log, `reason` for the metrics."""

    def __init__(self, reason: str, sentence: str, detail: str = "") -> None:
        text = f"{sentence} {detail}".strip()
        super().__init__(sentence, reason=reason, log_message=text, status_code=500)
        self.sentence = sentence
        self.detail = detail
        self.jupyterhub_message = sentence  # what JupyterHub's start pages show

    def with_log(self, log: str, *, on_page: bool) -> "StartFailure":
        """The same with the end of a server's log, for the hub's log or for the page too."""
        detail = f"{self.detail}{log}"
        sentence = f"{self.sentence} {detail}".strip() if on_page else self.sentence
        return StartFailure(self.reason, sentence, "" if on_page else detail)


def explain(error: Exception) -> StartFailure:
    """What Docker or the disk said, as a failure that a member can act on."""
    detail = str(error)
    low = detail.lower()
    if isinstance(error, StartFailure):
        return error
    if isinstance(error, ImageNotFound) or "no such image" in low:
        return StartFailure("image", _NO_IMAGE, detail)
    code = error.errno if isinstance(error, OSError) else None
    if "disk quota exceeded" in low or code == errno.EDQUOT:
        return StartFailure("quota", HOME_FULL, detail)
    if "no space left" in low or code == errno.ENOSPC:
        return StartFailure("disk", FULL, detail)
    if "is already in use by container" in low:
        return StartFailure("name", _NAME_IN_USE, detail)
    if "cannot allocate memory" in low:
        return StartFailure("memory", NO_MEMORY, detail)
    if NO_SOURCE in low:
        return StartFailure(
            "mount", "A directory of this hub is missing. Tell its operator.", detail
        )
    if isinstance(error, TimeoutError):
        return StartFailure(
            "timeout", "Your server took too long to start. Start it again in a minute.", detail
        )
    if isinstance(error, RequestException) and not isinstance(error, APIError):
        return StartFailure(
            "engine", "The hub's machine does not answer. Try again in a minute.", detail
        )
    if isinstance(error, DockerException):
        return StartFailure(
            "docker", "The hub's machine refused to start a server. Tell its operator.", detail
        )
    return StartFailure("home", "Your files cannot be reached. Tell the hub's operator.", detail)
