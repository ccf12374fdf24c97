"""What an admin may do to others, and the line of the audit that each of it leaves."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from jupyterhub.log import log_request
from jupyterhub.user import User
from tornado.web import RequestHandler

from cyberhubs_hub.audit import Audit

GROUP = "admins"
# JupyterHub's own admins may do anything in anybody's name, and what they so made outlives them:
# a token for somebody, another name, whatever they left in somebody's server. A hub's admins see
# its members, and start and stop servers; who may log in is for the lists.
ROLES = [
    {
        "name": "hub-admin",
        "description": "Sees members, starts and stops their servers",
        "scopes": ["admin-ui", "list:users", "read:users", "servers", "read:metrics"],
        "groups": [GROUP],
    },
    {"name": "admin", "users": []},
]
_ABOUT = re.compile(
    r"/hub/(?:api/users|api/shares|api/share-codes|spawn|spawn-pending|pass/user)/([^/]+)"
)
_READING = ("GET", "HEAD", "OPTIONS")


def _is_admin(user: User) -> bool:
    authenticator: Any = user.authenticator  # with the access rules
    return authenticator.decide(user.name).admin


def audited(audit: Audit) -> Callable[[RequestHandler], None]:
    """For tornado's `log_function`: JupyterHub's, and a line for what an admin asks about another, or would have the
    hub's API change."""

    def log(handler: RequestHandler) -> None:
        log_request(handler)
        user = getattr(handler, "_jupyterhub_user", None)  # of pages only, once it is known
        if not isinstance(user, User):  # nobody, or a service
            return
        path, method = handler.request.path, handler.request.method
        if about := _ABOUT.search(path):
            counts = unquote(about[1]) != user.name
        else:
            counts = "/hub/api/" in path and method not in _READING
        if counts and _is_admin(user):
            audit.write(
                "admin", user=user.name, method=method, path=path, status=handler.get_status()
            )

    return log
