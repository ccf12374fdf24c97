"""A secret that somebody may have seen is renewed: the old one opens nothing, the hub works, and nobody's work ends."""

import os
import signal
import subprocess
import time
from contextlib import suppress

import pytest

from cyberhubs.ops.engine import run_inside
from tests.support.deployment import Deployment
from tests.support.member import Kernel, Member, Refused, keeps_its_variables
from tests.support.waiting import eventually

SECRETS = ("password", "cookie-secret", "proxy-token")
# What the proxy's API answers to who shows it this token, from where the hub is.
ASK_PROXY = """\
import sys, urllib.request, urllib.error
request = urllib.request.Request("http://proxy:8001/api/routes", headers={"Authorization": "token " + sys.argv[1]})
try:
    print(urllib.request.urlopen(request).status)
except urllib.error.HTTPError as error:
    print(error.code)
"""


def secret_of(deployment: Deployment, file: str) -> str:
    return (deployment.data / "hubs/core/secrets" / file).read_text()


def rotate(deployment: Deployment, secret: str, effect: str) -> None:
    """Says first what people notice."""
    said = deployment.ops("rotate", "--secret", secret)
    assert effect in said.splitlines()[0]
    assert said.index("Cyberhubs is up") < said.index("the old one opens nothing any more")


def works(deployment: Deployment, kernel: Kernel) -> None:
    eventually(lambda: keeps_its_variables(kernel))
    with Member(deployment.url, "katherine") as katherine:
        katherine.sign_in(deployment.password)


def test_each_is_listed_with_what_people_notice(deployment: Deployment) -> None:
    started = deployment.started()
    said = deployment.ops("rotate")
    for secret in SECRETS:
        assert f"SECRET={secret} HUB=core\n    " in said
    assert "ssh-key" not in said and "client-secret" not in said
    for words, why in (
        (("--secret", "pasword"), "has no secret 'pasword' — did you mean password?"),
        (("--secret", "password", "--hub", "cor"), "'cor' is no hub of the stack"),
    ):
        assert why in deployment.ops("rotate", *words, fails=True)
    assert deployment.started() == started


def test_a_password(deployment: Deployment, kernel: Kernel) -> None:
    old = deployment.password
    rotate(deployment, "password", "needs the new one, by `make password`")
    assert deployment.ops("password").strip() == f"core: {deployment.password}" != f"core: {old}"
    with Member(deployment.url, "katherine") as katherine, pytest.raises(Refused):
        katherine.sign_in(old)
    assert kernel.member.ask_hub("GET", "users/grace").status_code == 200  # as it says
    works(deployment, kernel)


def test_a_cookie_secret(deployment: Deployment, kernel: Kernel) -> None:
    grace = kernel.member
    assert grace.http.get(f"{grace.hub}hub/home").url.path.endswith("/hub/home")
    old = secret_of(deployment, "cookie_secret")
    rotate(deployment, "cookie-secret", "Everybody signs in again at their next visit")
    assert secret_of(deployment, "cookie_secret") not in ("", old)
    works(deployment, kernel)
    assert grace.http.get(f"{grace.hub}hub/home").url.path.endswith("/hub/login")


def test_a_proxy_token(deployment: Deployment, kernel: Kernel) -> None:
    def answer(token: str) -> str:
        return run_inside(deployment.container("hub"), "python3", "-c", ASK_PROXY, token)[1].strip()

    old = secret_of(deployment, "proxy_token")
    assert answer(old) == "200"
    rotate(deployment, "proxy-token", "kernels go on")
    assert answer(old) == "403"
    assert answer(secret_of(deployment, "proxy_token")) == "200"
    works(deployment, kernel)
    assert kernel.member.ask_hub("GET", "users/grace").status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("at", ["makes the secret", "Updating (", "core-files-password replaced"])
def test_one_that_was_killed_is_run_again(deployment: Deployment, kernel: Kernel, at: str) -> None:
    old = deployment.password
    file = deployment.data / "hubs/core/secrets/password"
    with subprocess.Popen(
        [*deployment.program("rotate"), "--secret", "password"],
        cwd=deployment.directory,
        env=deployment.environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout
        if at == "makes the secret":
            with suppress(FileNotFoundError):  # between the old one and the new one
                while process.poll() is None and file.read_text() == old:
                    time.sleep(0.01)  # shorter than the moment in which it is to be killed
        else:
            assert any(at in line for line in process.stdout)
        os.killpg(process.pid, signal.SIGKILL)  # with Pulumi, as a machine that goes down
    rotate(deployment, "password", "needs the new one")
    assert deployment.ops("password").strip() == f"core: {deployment.password}" != f"core: {old}"
    with Member(deployment.url, "katherine") as katherine, pytest.raises(Refused):
        katherine.sign_in(old)
    works(deployment, kernel)
