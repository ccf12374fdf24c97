import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from cyberhubs_hub import pruner
from cyberhubs_hub.shared.pruning import Image
from docker.errors import DockerException

OLD = Image("sha256:1", ("cyberhubs/corehub:1",), (), datetime(2027, 1, 1, tzinfo=UTC))


class Ended(BaseException):
    pass


@pytest.mark.parametrize(
    ("in_use", "day_s", "looks"), [(90, 86400, 3), (80, 86400, 0), (80, 0, 3)], ids=str
)
def test_it_looks_each_day_and_while_the_disk_is_full(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    in_use: float,
    day_s: float,
    looks: int,
) -> None:
    slept, asked = [], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) > 3:
            raise Ended

    def make_room(engine: object, disk: str, prune_at: int) -> Iterator[Image]:
        asked.append((disk, prune_at))
        if len(asked) == 1:
            raise DockerException("away")
        yield OLD

    monkeypatch.setattr(pruner.time, "sleep", sleep)
    monkeypatch.setattr(pruner, "DAY_S", day_s)
    monkeypatch.setattr(pruner, "in_use", lambda path: in_use)
    monkeypatch.setattr(pruner, "make_room", make_room)
    monkeypatch.setattr(pruner.docker, "APIClient", lambda **_: None)
    with caplog.at_level(logging.WARNING), pytest.raises(Ended):
        pruner._for_ever(85)
    assert asked == [("/", 85)] * looks
    assert caplog.text.count("Removed cyberhubs/corehub:1") == max(0, looks - 1)
    assert caplog.text.count("could not be removed: away") == min(1, looks)
