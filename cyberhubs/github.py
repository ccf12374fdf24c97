"""`python -m cyberhubs.github`: asks GitHub whether an OAuth app is as the stack file says."""

import argparse
import sys

import httpx

from cyberhubs.errors import UserError

LIMIT_S = 20
NO_CODE = "0"  # one that GitHub never issued: only the client credentials are checked


class AppError(UserError):
    """What is wrong with the app, and what to do next."""


def check(url: str, client_id: str, secret: str) -> str:
    """What GitHub says of it, in a sentence. Raises AppError.

    By what GitHub answers to a code that it never issued: a wrong secret is reported first
    (https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps, "Troubleshooting OAuth app
    access token request errors").
    """
    asked = {"client_id": client_id, "client_secret": secret, "code": NO_CODE}
    try:
        answer = httpx.post(
            f"{url}/login/oauth/access_token",
            data=asked,
            headers={"Accept": "application/json"},
            timeout=LIMIT_S,
        )
        error = answer.json().get("error", "") if answer.status_code != 404 else "Not Found"
    except (httpx.HTTPError, ValueError) as problem:
        return (
            f"{url} cannot be reached from this machine ({problem}): the OAuth app is not checked."
        )
    if error in ("incorrect_client_credentials", "Not Found"):
        raise AppError(
            f"GitHub knows no app with client id {client_id} and this secret: compare the id with the "
            "app's page there, and make a new secret; `make register` takes both."
        )
    if error == "bad_verification_code":
        return f"GitHub knows the OAuth app {client_id}, and its secret is right."
    return f"{url} says {error or answer.status_code}: the OAuth app is not checked."


def main() -> int:
    parser = argparse.ArgumentParser(prog="cyberhubs.github", description=__doc__)
    parser.add_argument("--url", required=True, help="of GitHub, or of an Enterprise Server")
    parser.add_argument("--client-id", required=True)
    arguments = parser.parse_args()
    try:
        secret = sys.stdin.read().strip()  # so that no list of processes has it
        print(check(arguments.url, arguments.client_id, secret))
    except AppError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
