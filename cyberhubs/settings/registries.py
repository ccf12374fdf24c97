"""`cyberhubs:registries`: the logins of registries that do not give their images to everybody."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from cyberhubs.images.registry_names import registry_of
from cyberhubs.settings.base import Model, Secret, Text, read_text


def _registry(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9.-]+(:\d+)?", value, re.ASCII):
        raise ValueError(
            f"{value!r} is not a registry — write its name as in its images, such as registry.example.org"
        )
    return value


RegistryName = Annotated[str, BeforeValidator(read_text), AfterValidator(_registry)]


class Registry(Model):
    """How one is logged in to. For pulls, best a token that may do nothing else."""

    user: Text
    """User, or what the registry wants in its place for a token."""
    password: Secret
    """Password or token. It is sent to the machine's Docker engine with each pull, and each build of what begins
    with an image of this registry, and kept nowhere there."""

    @property
    def for_docker(self) -> dict[str, str]:
        """What Docker's API takes."""
        return {"username": self.user, "password": self.password.get_secret_value()}


def login_of(registries: Mapping[str, Registry], reference: str) -> dict[str, str]:
    """What Docker's API takes for the registry of an image; empty for one that wants no login."""
    login = registries.get(registry_of(reference))
    return login.for_docker if login else {}
