"""The connection to an OpenStack cloud: by the configuration, clouds.yaml or OS_* variables."""

import logging
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from offline.plugins.inputs import Input, Table
from offline.plugins.openstack.errors import NO_CREDENTIALS, explain, if_there, raised_by_sdk, sdk
from offline.plugins.resource import ProviderError, Values

if TYPE_CHECKING:
    from openstack.connection import Connection

API_TIMEOUT_S = 60
SAME_FAILURE_S = 10.0
SHOWN = 12  # names that an error lists

# the SDK's names
AUTH = {
    "authUrl": "auth_url",
    "userName": "username",
    "userId": "user_id",
    "password": "password",
    "tenantName": "project_name",
    "tenantId": "project_id",
    "userDomainName": "user_domain_name",
    "userDomainId": "user_domain_id",
    "projectDomainName": "project_domain_name",
    "projectDomainId": "project_domain_id",
    "applicationCredentialId": "application_credential_id",
    "applicationCredentialSecret": "application_credential_secret",
}
PLACE = {"cloud": "cloud", "region": "region_name", "cacertFile": "cacert"}
CONFIG: Table = {
    **{name: Input(str) for name in AUTH | PLACE},
    "insecure": Input(bool),
    "delayedAuth": Input(bool),  # it always is
}


class Cloud:
    """One project of one cloud, connected to when first needed."""

    def __init__(self) -> None:
        self._config: Values = {}
        self._connection: Connection | None = None
        self._lock = threading.Lock()
        self._failure, self._failed_at = "", -SAME_FAILURE_S

    def configure(self, config: Values) -> None:
        self._config = config

    @property
    def connection(self) -> "Connection":
        with self._lock:
            if self._connection is None:
                # operations that ran into the same wall side by side do not each wait for it
                if time.monotonic() - self._failed_at < SAME_FAILURE_S:
                    raise ProviderError(self._failure)
                try:
                    self._connection = self._connect()
                except ProviderError as error:
                    self._failure, self._failed_at = str(error), time.monotonic()
                    raise
            return self._connection

    def _connect(self) -> "Connection":
        # what goes wrong is told by an error's sentence; these would come on top
        logging.getLogger().addHandler(logging.NullHandler())
        warnings.simplefilter("ignore")
        given = {key: self._config[name] for name, key in PLACE.items() if name in self._config}
        if auth := {key: self._config[name] for name, key in AUTH.items() if name in self._config}:
            given["auth"] = auth
        if "applicationCredentialId" in self._config:
            given["auth_type"] = "v3applicationcredential"
        if "insecure" in self._config:
            given["verify"] = not self._config["insecure"]
        try:
            connection = sdk().connect(**given, api_timeout=API_TIMEOUT_S)
            connection.session.get_token()
        except Exception as error:  # incomplete credentials raise anything
            wrong = explain(error) if raised_by_sdk(error) else f"{NO_CREDENTIALS} ({error})"
            raise ProviderError(wrong) from error
        return connection

    @property
    def network(self) -> Any:
        return self.connection.network

    @property
    def compute(self) -> Any:
        return self.connection.compute

    @property
    def storage(self) -> Any:
        return self.connection.block_storage

    @property
    def region(self) -> str:
        return self.connection.config.get_region_name() or ""

    @contextmanager
    def errors(self, action: str) -> Iterator[None]:
        """Turns the SDK's errors into a ProviderError: "cannot <action>: …"."""
        try:
            yield
        except Exception as error:
            if not raised_by_sdk(error):
                raise
            raise ProviderError(f"cannot {action}: {explain(error, self._quota)}") from error

    def _quota(self, name: str) -> str:
        """How much is used, of what the networks' service tells the name of only."""
        quota = self.network.get_quota(self.connection.current_project_id, details=True)
        used = quota.to_dict(original_names=True)[name]
        return f"{used['used']} of {used['limit']} {name}s are used"

    def find(self, kind: str, name: str | None, id: str | None = None) -> Any:
        """The one with the id, or else the only one with the name; an error lists those there are."""
        get, all = self._ways(kind)
        if id is not None:
            if found := if_there(get, id):
                return found
            raise ProviderError(f"the cloud has no {kind} with the id '{id}'{_choice(kind, all())}")
        there = list(all())
        named = [item for item in there if item.name == name]
        if len(named) == 1:
            return named[0]
        if named:
            ids = ", ".join(item.id for item in named)
            raise ProviderError(
                f"the cloud has {len(named)} {kind}s named '{name}' ({ids}); give the id of one"
            )
        raise ProviderError(f"the cloud has no {kind} '{name}'{_choice(kind, there)}")

    def _ways(self, kind: str) -> tuple[Callable, Callable]:
        """To get one by its id, and all."""
        network, image, compute = self.network, self.connection.image, self.compute
        return {
            "flavor": (compute.get_flavor, compute.flavors),
            "image": (image.get_image, image.images),
            "network": (network.get_network, network.networks),
            "external network": (
                network.get_network,
                lambda: network.networks(is_router_external=True),
            ),
        }[kind]


def _choice(kind: str, there: Iterable[Any]) -> str:
    names = sorted({item.name for item in there if item.name})
    if not names:
        return f", nor any other {kind} that you may use; ask the cloud's support"
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"; it has {', '.join(names[:SHOWN])}{more}: choose one of these"
