"""Why a server did not start, in a sentence for the person who wanted it."""

import errno

from docker.errors import APIError, DockerException, ImageNotFound
from jupyterhub.spawner import SpawnException
from requests.exceptions import RequestException

_FULL = "The hub's disk is full. Ask its operator to make room, then start again."
_NO_IMAGE = (
    "This application's image is not on the hub's machine. Ask its operator to run `pulumi up`."
)


def failure(reason: str, sentence: str, detail: str = "") -> SpawnException:
    """`sentence` is for the page, `detail` for the hub's log, `reason` for the metrics."""
    error = SpawnException(
        sentence, reason=reason, log_message=f"{sentence} {detail}".strip(), status_code=500
    )
    error.jupyterhub_message = sentence  # what the start pages show
    return error


def explain(error: Exception) -> SpawnException:
    """What Docker or the disk said, as a failure that a member can act on."""
    detail = str(error)
    low = detail.lower()
    if isinstance(error, SpawnException):
        return error
    if isinstance(error, ImageNotFound) or "no such image" in low:
        return failure("image", _NO_IMAGE, detail)
    if "no space left" in low or "disk quota exceeded" in low:
        return failure("disk", _FULL, detail)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return failure("disk", _FULL, detail)
    if "cannot allocate memory" in low:
        return failure(
            "memory",
            "The hub's machine has no memory left for another server. Try again later.",
            detail,
        )
    if "bind source path does not exist" in low:
        return failure(
            "mount", "A directory of this hub is not there now. Tell its operator.", detail
        )
    if isinstance(error, TimeoutError):
        return failure(
            "timeout", "Your server took too long to start. Start it again in a minute.", detail
        )
    if isinstance(error, RequestException) and not isinstance(error, APIError):
        return failure(
            "engine", "The hub's machine does not answer. Try again in a minute.", detail
        )
    if isinstance(error, DockerException):
        return failure(
            "docker", "The hub's machine refused to start a server. Tell its operator.", detail
        )
    return failure("home", "Your files cannot be reached. Tell the hub's operator.", detail)
