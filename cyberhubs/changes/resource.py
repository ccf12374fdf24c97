"""A resource as the engine shows it: of a preview, or of a state."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine shows for a value that is known once its source has been made."""


@dataclass(frozen=True)
class Resource:
    """`inputs`: what is secret in them is "[secret]". `uses`: for each input the resources whose outputs it is made of,
    by URN. `replaces`: inputs whose change makes a new one."""

    urn: str
    type: str
    custom: bool
    inputs: Mapping[str, Any]
    uses: Mapping[str, frozenset[str]]
    replaces: frozenset[str]
    protect: bool

    @property
    def name(self) -> str:
        """As the program has named it."""
        return self.urn.rpartition("::")[2]

    @classmethod
    def read(cls, shown: Mapping[str, Any]) -> Self:
        """From the JSON of `pulumi preview` (newState, oldState) or `pulumi stack export`."""
        uses = shown.get("propertyDependencies") or {}
        return cls(
            urn=shown["urn"],
            type=shown["type"],
            custom=shown.get("custom", False),
            inputs=shown.get("inputs") or {},
            uses={key: frozenset(urns or ()) for key, urns in uses.items()},
            replaces=frozenset(
                key.removesuffix("[*]") for key in shown.get("replaceOnChanges") or ()
            ),
            protect=shown.get("protect", False),
        )
