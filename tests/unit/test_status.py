"""What `make status` says of what it is told."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from cyberhubs.ops import front_door, status
from cyberhubs.ops.status import _homes
from cyberhubs.settings.tls import InternalTls

DF = """Use% File
  5% /srv/hub/users/ada/
 91% /srv/hub/users/grace/
100% /srv/hub/users/%katherine%20j/
 90% /srv/hub/users/mary/
"""


@pytest.mark.parametrize(
    ("df", "says"),
    [
        (DF, "1.5 GiB each: nearly full are those of grace, %katherine%20j"),
        (DF.replace("91", "9").replace("100", "10"), "1.5 GiB each"),
        (None, "1.5 GiB each"),  # there is none yet
    ],
)
def test_whose_homes_are_nearly_full(
    monkeypatch: pytest.MonkeyPatch, df: str | None, says: str
) -> None:
    monkeypatch.setattr(status, "output_of", lambda *_: df)
    hub: Any = None
    assert _homes(hub, 3 * 2**29) == says


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(days=3, minutes=1), ("3 days left, by CN=x", True)),
        (-timedelta(days=3, minutes=1), ("expired 3 days ago, by CN=x", False)),
        (None, ("none yet", False)),
    ],
)
def test_what_a_certificate_is_worth(
    monkeypatch: pytest.MonkeyPatch, left: timedelta | None, said: tuple[str, bool]
) -> None:
    issuer = SimpleNamespace(rfc4514_string=lambda: "CN=x")
    served = left and SimpleNamespace(not_valid_after_utc=datetime.now(UTC) + left, issuer=issuer)
    monkeypatch.setattr(front_door, "_served", lambda _: served)
    tls = InternalTls(mode="internal")
    stack: Any = SimpleNamespace(settings=SimpleNamespace(tls=tls), door_address="192.0.2.1")
    door: Any = None
    assert [*front_door.certificate(stack, door)] == [said]
