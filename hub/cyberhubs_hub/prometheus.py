"""Who sees the pages of the stack's own Prometheus."""

from jupyterhub.handlers import BaseHandler
from tornado import web


class PrometheusHandler(BaseHandler):
    """The front door asks here about each request to one of them: who may read figures gets nothing of the hub itself, and
    with it the page; everybody else gets the hub's answer.

    That is a hub's admins, and who shows the token of figures.
    """

    _accept_token_auth = True

    def get(self) -> None:
        if not self.current_user and "Authorization" in self.request.headers:
            raise web.HTTPError(403, "Missing or invalid credentials.")
        self._let_through()

    @web.authenticated
    def _let_through(self) -> None:
        if "read:metrics" not in self.parsed_scopes:
            raise web.HTTPError(403, "Figures are for the hub's admins.")
        self.set_status(204)
