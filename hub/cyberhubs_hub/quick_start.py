"""Starts a single-user server as `jupyterhub-singleuser` does, in 0.6 of its time, and one that goes on
while the hub is silent.

Run inside the applications' containers, as text for `python3 -I -c`, so it may use nothing of this
package. JupyterHub's modules for the server import those for the hub, its database and SQLAlchemy
among them, which a server never uses: here they find empty modules instead. And aiohttp does
without aiodns, which would remember the hub's address for the 600 s of Docker's DNS answers: a hub
that came back with another one would not be found.
"""

import asyncio
import gc
import os
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

ANSWER_S = 5  # how long the hub is waited for when it is asked who somebody is whom it has known
KNOWN_S = 24 * 3600  # how long its last word on that holds while it is silent

EMPTY = ("alembic", "sqlalchemy", "jupyterhub.handlers", "jupyterhub.orm")


class EmptyModule(ModuleType):
    """A module in which every name is a class of its own."""

    __path__: list[str] = []  # noqa: RUF012 (as of any package)

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        found = type(name, (Exception,), {})
        setattr(self, name, found)
        return found


class EmptyModules:
    """Finder and loader of them."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name == "aiodns":
            raise ImportError("see above")
        if name.startswith(EMPTY):
            return ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return EmptyModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


def remember(auth: Any) -> None:
    """While the hub is silent, who somebody is stays what it said last. A no is an answer.

    `auth`: jupyterhub.services.auth. A hub that answers with an error of its own is silent, too.
    """
    ask = auth.HubAuth._api_request
    known = auth._ExpiringDict(KNOWN_S)

    async def ask_or_remember(self: Any, method: str, url: str, /, **options: Any) -> Any:
        if not options.get("allow_403"):  # it is not about somebody
            return await ask(self, method, url, **options)
        token = options["headers"]["Authorization"]
        try:
            seconds = ANSWER_S if token in known else None
            user = await asyncio.wait_for(ask(self, method, url, **options), seconds)
        except (auth.HTTPError, TimeoutError):
            if token in known:
                return known[token]
            raise
        known.pop(token, None)
        if user:
            known[token] = user
        return user

    auth.HubAuth._api_request = ask_or_remember


gc.disable()  # collecting while importing takes a tenth of the start and finds nothing
finder = EmptyModules()
sys.meta_path.insert(0, finder)
try:
    from jupyterhub.services import auth
    from jupyterhub.singleuser import main

    remember(auth)
except Exception:  # another JupyterHub or another Python: its own way is the safe one
    os.execvp("jupyterhub-singleuser", ["jupyterhub-singleuser", *sys.argv[1:]])
sys.meta_path.remove(finder)
for name in [name for name, module in sys.modules.items() if type(module) is EmptyModule]:
    del sys.modules[name]  # an extension that wants SQLAlchemy gets the real one
gc.freeze()
gc.enable()
main()
