"""The connection to an OpenStack cloud: by clouds.yaml or OS_* variables."""

import logging
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from offline.plugins.openstack.errors import NO_CREDENTIALS, explain, raised_by_sdk, sdk
from offline.plugins.resource import ProviderError

if TYPE_CHECKING:
    from openstack.connection import Connection

API_TIMEOUT_S = 60
SAME_FAILURE_S = 10.0


class Cloud:
    """One project of one cloud, connected to when first needed."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._lock = threading.Lock()
        self._failure, self._failed_at = "", -SAME_FAILURE_S

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
        try:
            connection = sdk().connect(api_timeout=API_TIMEOUT_S)
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
