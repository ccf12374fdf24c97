"""The login of a registry: into the stack file, and out of it."""

from getpass import getpass

from pydantic import TypeAdapter, ValidationError

from cyberhubs.errors import UserError
from cyberhubs.images.registry_names import registry_of
from cyberhubs.ops.register import ask
from cyberhubs.ops.stack import Stack
from cyberhubs.settings.registries import RegistryName


def login(stack: Stack, registry: str = "") -> None:
    """Takes user and password of a registry into the stack file, the password encrypted."""
    _ = stack.settings  # all that is wrong in the file, before anything is asked
    try:
        name = TypeAdapter(RegistryName).validate_python(registry)
    except ValidationError as error:
        said = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise UserError(f"REGISTRY: {said}. For Docker Hub it is docker.io.") from None
    user = ask(f"User at {name}: ", input)
    password = ask("Password or token (it is not shown): ", getpass)
    stack.set_config(_key(name, "user"), user)
    stack.set_config(_key(name, "password"), password, secret=True)
    print(f"\n{stack.file.name} has both. `make up STACK={stack.name}` pulls with them.")


def login_for(stack: Stack, reference: str) -> dict[str, str]:
    """What Docker's API takes for the registry of an image, decrypted; empty where the stack file has none."""
    name = registry_of(reference)
    if not (found := stack.settings.registries.get(name)):
        return {}
    password = stack.query("config", "get", "--path", _key(name, "password"))
    return {"username": found.user, "password": password.removesuffix("\n")}


def _key(registry: str, key: str) -> str:
    return f'cyberhubs:registries["{registry}"].{key}'
