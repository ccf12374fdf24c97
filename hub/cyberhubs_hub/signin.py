"""The pages of signing in with GitHub."""

from typing import Any

from jupyterhub.handlers.login import LoginHandler as JupyterHubLoginHandler

from cyberhubs_hub.upstream import OwnStateLoginHandler


class LoginPage(JupyterHubLoginHandler):
    """Says why somebody who is signed in is asked to sign in again."""

    async def _render(self, *args: Any, **more: Any) -> Any:
        authenticator: Any = self.authenticator
        user = self.get_current_user_cookie()
        why = await authenticator.why_sign_in(user) if user else None
        return await super()._render(*args, why_sign_in=why, **more)


class LoginHandler(OwnStateLoginHandler):
    def get(self) -> None:
        """Asks for the right to see memberships only while they are asked for."""
        authenticator: Any = self.authenticator
        lists = authenticator.lists.refresh().value
        authenticator.scope = ["read:org"] if lists and lists.organizations else []
        super().get()


def is_visit(handler: Any, user: Any) -> bool:
    """Whether `user` opens a page of the hub's, and not somebody for them, nor a script, nor what an open
    page asks by itself."""
    request = handler.request
    return (
        request.method == "GET"
        and "text/html" in request.headers.get("Accept", "")
        and "Authorization" not in request.headers
        and handler._jupyterhub_user is user
    )
