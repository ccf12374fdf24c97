"""What `make status` says of what it is told."""

from types import SimpleNamespace
from typing import Any

import pytest

from cyberhubs.ops.status import _homes

DF = """Use% File
  5% /srv/hub/users/ada/
 91% /srv/hub/users/grace/
100% /srv/hub/users/%katherine%20j/
 90% /srv/hub/users/mary/
"""


@pytest.mark.parametrize(
    ("code", "df", "says"),
    [
        (0, DF, "1.5 GiB each: nearly full are those of grace, %katherine%20j"),
        (0, DF.replace("91", "9").replace("100", "10"), "1.5 GiB each"),
        (1, "", "1.5 GiB each"),  # there is none yet
    ],
)
def test_whose_homes_are_nearly_full(code: int, df: str, says: str) -> None:
    hub: Any = SimpleNamespace(exec_run=lambda *_, **__: (code, df.encode()))
    assert _homes(hub, 3 * 2**29) == says
