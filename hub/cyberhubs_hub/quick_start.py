"""Starts a single-user server as `jupyterhub-singleuser` does, in 0.6 of its time.

Run inside the applications' containers, as text for `python3 -I -c`, so it may use nothing of this
package. JupyterHub's modules for the server import those for the hub, its database and SQLAlchemy
among them, which a server never uses: here they find empty modules instead. And aiohttp does
without aiodns, which would remember the hub's address for the 600 s of Docker's DNS answers: a hub
that came back with another one would not be found.
"""

import gc
import os
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

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


gc.disable()  # collecting while importing takes a tenth of the start and finds nothing
finder = EmptyModules()
sys.meta_path.insert(0, finder)
try:
    from jupyterhub.singleuser import main
except Exception:  # another JupyterHub or another Python: its own way is the safe one
    os.execvp("jupyterhub-singleuser", ["jupyterhub-singleuser", *sys.argv[1:]])
sys.meta_path.remove(finder)
for name in [name for name, module in sys.modules.items() if type(module) is EmptyModule]:
    del sys.modules[name]  # an extension that wants SQLAlchemy gets the real one
gc.freeze()
gc.enable()
main()
