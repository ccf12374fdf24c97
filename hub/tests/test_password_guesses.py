import pytest
from cyberhubs_hub import password_guesses as module
from cyberhubs_hub.password_guesses import FORGOTTEN_S, Guesses


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def wrong_until_refused(guesses: Guesses, names: str) -> int:
    for count in range(100):
        name = names.format(count)
        if guesses.wait_s("192.0.2.1", name):
            return count
        guesses.was_wrong("192.0.2.1", name)
    raise AssertionError("never refused")


def test_of_one_name_each_wait_is_twice_the_last(clock: Clock) -> None:
    guesses = Guesses()
    assert wrong_until_refused(guesses, "ada") == 5
    waits = []
    for _ in range(8):
        waits.append(guesses.wait_s("192.0.2.1", "ADA"))
        clock.now += waits[-1]
        assert guesses.wait_s("192.0.2.1", "ada") == 0
        guesses.was_wrong("192.0.2.1", "Ada")
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert guesses.wait_s("192.0.2.1", "grace") == 0
    assert guesses.wait_s("192.0.2.2", "ada") == 0


def test_of_many_names_an_address_waits_for_seconds(clock: Clock) -> None:
    guesses = Guesses()
    assert wrong_until_refused(guesses, "name{}") == 20
    for wait in (1, 2, 4, 4):
        assert guesses.wait_s("192.0.2.1", "grace") == wait
        clock.now += wait
        guesses.was_wrong("192.0.2.1", "another")
    assert guesses.wait_s("192.0.2.2", "grace") == 0


def test_all_is_forgotten(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    guesses = Guesses()
    assert wrong_until_refused(guesses, "ada") == 5
    clock.now += FORGOTTEN_S
    assert wrong_until_refused(guesses, "ada") == 5
    monkeypatch.setattr(module, "MOST", 3)
    for number in range(10):
        guesses.was_wrong(f"192.0.2.{number}", "ada")
    assert guesses.wait_s("192.0.2.1", "ada") == 0
