"""GitHub's web pages of signing in."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from html import escape
from typing import Any

from aiohttp import web
from yarl import URL

from tests.support.github.model import App, Code, GitHub

ERRORS = {
    "bad_verification_code": "The code passed is incorrect or expired.",
    "incorrect_client_credentials": "The client_id and/or client_secret passed are incorrect.",
    "redirect_uri_mismatch": "The redirect_uri MUST match the registered callback URL for this application.",
}


class Site:
    """A handler for each page, and for what exchanges a code for a token."""

    def __init__(self, github: GitHub) -> None:
        self._github = github

    def routes(self) -> list[web.RouteDef]:
        """Those of its handlers."""
        return [
            web.get("/login/oauth/authorize", self._on_authorize),
            web.post("/login/oauth/authorize", self._on_authorize),
            web.post("/login/oauth/access_token", self._on_access_token),
        ]

    async def _on_authorize(self, request: web.Request) -> web.Response:
        """The page, and what its buttons send: `login`."""
        asked = request.query
        app = self._github.app(asked.get("client_id", ""))
        if app is None:
            raise web.HTTPNotFound
        redirect_uri = asked.get("redirect_uri", app.callback_urls[0])
        if redirect_uri not in app.callback_urls:
            raise _back(app.callback_urls[0], asked, **_error("redirect_uri_mismatch"))
        if request.method == "GET":
            return self._sign_in_page(app)
        form = await request.post()
        account = self._github.account(str(form["login"]))
        if account is None:
            raise web.HTTPNotFound
        # a GitHub App has permissions instead
        scope = asked.get("scope", "") if app.permissions is None else ""
        code = secrets.token_hex(10)
        self._github.codes[code] = Code(
            app,
            account,
            redirect_uri,
            frozenset(scope.replace(",", " ").split()),
            asked.get("code_challenge"),
        )
        raise _back(redirect_uri, asked, code=code)

    def _sign_in_page(self, app: App) -> web.Response:
        buttons = "".join(
            f'<button name="login" value="{escape(a.login)}">Continue as {escape(a.login)}</button>'
            for a in self._github.accounts
        )
        return _page(
            f"Sign in to GitHub to continue to {app.name}",
            f'<form method="post">{buttons}</form>',
        )

    async def _on_access_token(self, request: web.Request) -> web.Response:
        return web.json_response(self._exchange(await request.post()))

    def _exchange(self, given: Any) -> dict[str, Any]:
        app = self._github.app(given.get("client_id", ""))
        right = app and given.get("client_secret") == app.client_secret
        if app is None or not right:
            return _error("incorrect_client_credentials")
        code = self._github.codes.pop(given.get("code", ""), None)
        if code is None or code.app is not app:
            return _error("bad_verification_code")
        if given.get("redirect_uri", code.redirect_uri) != code.redirect_uri:
            return _error("redirect_uri_mismatch")
        if code.challenge not in (None, _challenge(given.get("code_verifier", ""))):
            return _error("bad_verification_code")
        text = self._github.issue(app, code.account, code.scopes)
        scope = ",".join(sorted(code.scopes))
        return {"access_token": text, "scope": scope, "token_type": "bearer"}


def _page(title: str, body: str) -> web.Response:
    text = f"<!doctype html><title>{escape(title)}</title><h1>{escape(title)}</h1>{body}"
    return web.Response(text=text, content_type="text/html")


def _back(redirect_uri: str, asked: Mapping[str, Any], **values: str) -> web.HTTPFound:
    state = {"state": asked["state"]} if asked.get("state") else {}
    return web.HTTPFound(URL(redirect_uri).update_query(values | state))


def _error(name: str) -> dict[str, str]:
    uri = f"https://docs.github.com/apps/oauth-apps/#{name.replace('_', '-')}"
    return {"error": name, "error_description": ERRORS[name], "error_uri": uri}


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
