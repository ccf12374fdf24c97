import errno
import re
from pathlib import Path

import pytest
import requests
from cyberhubs_hub import failures
from cyberhubs_hub.failures import REASONS, StartFailure, explain
from docker.errors import APIError, ImageNotFound


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ImageNotFound("404: no such image sha256:aa"), "image"),
        (APIError("500: write /var/lib/docker: no space left on device"), "disk"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "quota"),
        (APIError("500: fork/exec: cannot allocate memory"), "memory"),
        (APIError("400: bind source path does not exist: /mnt/data"), "mount"),
        (APIError('409: Conflict. The container name "/x" is already in use by container'), "name"),
        (APIError("409: something else"), "docker"),
        (requests.ConnectionError("refused"), "engine"),
        (TimeoutError(), "timeout"),
        (PermissionError(errno.EACCES, "Permission denied"), "home"),
        (StartFailure("menu", "Choose."), "menu"),
    ],
)
def test_each_cause_has_its_sentence(error: Exception, reason: str):
    failure = explain(error)
    assert failure.reason == reason
    assert failure.jupyterhub_message.endswith(".")
    assert str(error) in str(failure) or error is failure


def test_all_reasons_are_told():
    files = Path(failures.__file__).parent.glob("*.py")
    text = "".join(file.read_text() for file in files)
    assert {*re.findall(r'StartFailure\(\s*"(\w+)"', text)} == {*REASONS}


def test_the_page_shows_the_sentence_and_the_log_the_rest():
    failure = StartFailure("exit", "It stopped.", "code 1").with_log("\nboom", on_page=False)
    assert failure.jupyterhub_message == "It stopped."
    assert "It stopped. code 1\nboom" in str(failure)


def test_the_check_sees_all_of_it():
    failure = StartFailure("exit", "It stopped.", "code 1").with_log("\nboom", on_page=True)
    assert failure.jupyterhub_message == "It stopped. code 1\nboom"


def test_what_the_operator_is_to_run_is_what_they_know():
    assert "`make up`" in explain(ImageNotFound("404: no such image sha256:aa")).sentence
