"""`make load`: a class that the operator plays, beside a member who works."""

import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.access import at_work
from tests.support.deployment import Deployment, running
from tests.support.member import Kernel, keeps_its_variables
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with running(Deployment(tmp_path_factory.mktemp("class"), "class")) as stack:
        yield stack


@pytest.fixture(scope="module")
def kernel(stack: Deployment) -> Iterator[Kernel]:
    with at_work(stack, "grace") as grace:
        kernel = grace.kernel()
        kernel.run("kept = 6 * 7")
        yield kernel
        grace.stop()


def played(stack: Deployment) -> list[str]:
    """What is there of the class: servers and homes."""
    homes = [home.name for home in Path(stack.data, "jupyterhub_users/core").iterdir()]
    return [name for name in [*stack.containers(), *homes] if "load-" in name]


def play(stack: Deployment, *words: str, fails: bool = False) -> str:
    return stack.ops("load", "--people", "3", "--seconds", "6", *words, fails=fails)


def test_a_class_is_played_and_leaves_nothing(stack: Deployment, kernel: Kernel) -> None:
    said = play(stack)
    assert "1 servers of members run" in said
    assert "3 of 3 got a server.\n" in said
    first, half, last = map(
        float, re.findall(r"start +first ([\d.]+) s, half ([\d.]+) s, last ([\d.]+)", said)[0]
    )
    assert 0 < first <= half <= last
    assert re.search(r"notebook +half [\d.]+ s", said) and re.search(r"a cell, then half \d", said)
    each = re.search(r"memory +(\d+) MiB each, .*: about (\d+) like these fit at once", said)
    assert each and int(each[1]) > 20 and int(each[2]) > 0
    assert re.search(r"gives? first|Nothing gave", said)
    assert played(stack) == []
    assert keeps_its_variables(kernel)


def test_one_that_is_cut_off_clears_up(stack: Deployment, kernel: Kernel) -> None:
    playing = subprocess.Popen(
        [*stack.program("load"), "--people", "2", "--seconds", "600"],
        cwd=stack.directory,
        env=stack.environment,
        start_new_session=True,
    )
    eventually(lambda: any("user" in name for name in played(stack)))
    playing.send_signal(signal.SIGINT)
    assert playing.wait(30) == 130
    eventually(lambda: played(stack) == [])
    assert keeps_its_variables(kernel)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--people", "0"), "PEOPLE is a number from 1 to 100."),
        (("--people", "many"), "PEOPLE is a number from 1 to 100."),
        (("--people", "101"), "PEOPLE is a number from 1 to 100."),
        (("--seconds", "long"), "SECONDS is how long they stay"),
        (("--application", "none"), "The hub has no application none: it has corehub."),
        (("--hub", "none"), "'none' is no hub of the stack"),
    ],
)
def test_bad_words_are_named(stack: Deployment, words: tuple[str, ...], sentence: str) -> None:
    assert sentence in play(stack, *words, fails=True)
    assert played(stack) == []
