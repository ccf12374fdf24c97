"""What an old hub said, of which each reader of a part takes what it understands."""

from collections.abc import Iterable
from typing import Any

from cyberhubs.migrate.draft import Draft
from cyberhubs.migrate.old_system import OldHub, Trait, Unread

_GITHUB = ("GitHubOAuthenticator", "LocalGitHubOAuthenticator", "OAuthenticator")


class HubTraits:
    """`name`: the hub's in the stack file. `github`: whether members logged in with their accounts of GitHub."""

    def __init__(self, draft: Draft, name: str, old: OldHub):
        self.draft, self.name, self.old = draft, name, old
        self.rest = dict(old.traits)
        self.login = self.take("authenticator_class", of=("JupyterHub",))
        kind = str(self.login.value).rpartition(".")[2] if self.login else ""
        self.github = "github" in kind.lower() or kind == "AstroAuthenticator"
        self._classes = (kind, *(_GITHUB if self.github else ()), "Authenticator")

    def take(self, *names: str, of: Iterable[str] | None = None) -> Trait | None:
        """The first of these that is known; one that is computed is left, in words."""
        for kind in of or self._classes:
            for name in names:
                trait = self.rest.pop(f"{kind}.{name}", None)
                if trait and isinstance(trait.value, Unread):
                    self.computed(f"{kind}.{name}", trait.where)
                elif trait:
                    return trait
        return None

    def take_of_spawner(self, *names: str) -> Trait | None:
        """Of the class that starts servers, else of all such classes."""
        kinds = {name.partition(".")[0] for name in self.rest}
        found = [kind for kind in sorted(kinds) if kind.endswith("Spawner") and kind != "Spawner"]
        return self.take(*names, of=(*found, "Spawner"))

    def computed(self, what: str, where: str) -> None:
        self.leave(
            f"{what} ({where}) comes of a program",
            "It was not run: look what it does, and write it into the stack file.",
        )

    def leave(self, what: str, remedy: str) -> None:
        self.draft.leave(f"Hub {self.name}: {what}.", remedy)

    def carry(self, what: str, where: str, path: tuple[str, ...], value: Any) -> bool:
        """At a key of this hub."""
        return self.draft.take(what, where, (("hubs", self.name, *path), value))


def listed(value: Any) -> list[Any]:
    """In the order that it has, or one that does not change."""
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    if isinstance(value, str) or not isinstance(value, Iterable):
        return [value] if value else []
    return list(value)
