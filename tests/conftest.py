"""How the tests run: side by side, those of one stack in one process; what is seen of it meanwhile."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from xdist.remote import Producer

from tests.support import progress, run
from tests.support.deployment import Deployment
from tests.support.schedule import ByStack

if TYPE_CHECKING:
    from tests.support.lab.cloud import LabCloud


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    # A shell's background jobs ignore Ctrl-C, and so would all that they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(config, "workerinput") or config.option.collectonly:
        return  # a process of a run that is under way
    whole = ExitStack()
    config.stash[_WHOLE] = whole
    whole.enter_context(run.running())
    config.option.basetemp = config.option.basetemp or str(run.folder())
    # As pytest takes this process's own stdout while a test runs in it.
    stdout = whole.enter_context(os.fdopen(os.dup(1), "w"))
    whole.enter_context(progress.shown(stdout))


_WHOLE = pytest.StashKey[ExitStack]()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if whole := session.config.stash.get(_WHOLE, None):
        terminal = session.config.pluginmanager.get_plugin("terminalreporter")
        seen = terminal.stats if terminal else {}
        failed = [report.nodeid for kind in ("failed", "error") for report in seen.get(kind, ())]
        whole.push(lambda *_: _end(exitstatus == pytest.ExitCode.OK, failed))


def _end(passed: bool, failed: list[str]) -> None:
    if passed:
        run.forget()
        return
    # Once more below their logs, which are long: the end of a run is what its reader sees.
    for test in failed:
        print(f"failed: {test}", file=sys.stderr)
    print(f"Its files are in {run.folder()} until the next run.", file=sys.stderr)


def pytest_unconfigure(config: pytest.Config) -> None:
    """When the processes of the run have ended, too."""
    if whole := config.stash.get(_WHOLE, None):
        whole.close()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByStack:
    return ByStack(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """With a failure, the ends of the logs of the stacks that it concerns."""
    report = yield
    if report.failed:
        stacks = getattr(item, "funcargs", {}).values()
        for stack in {id(s): s for s in stacks if isinstance(s, Deployment)}.values():
            try:
                report.sections += stack.logs()
            except Exception as error:  # such as a machine that is gone: the failure itself counts
                report.sections.append((f"no logs of {stack.stack}", str(error)))
    return report


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[LabCloud]":
    """For all who need one: who makes something in it removes it."""
    from tests.support.lab.cloud import lab_cloud  # half a second, for those alone

    with lab_cloud(tmp_path_factory.mktemp("cloud"), "cloud") as cloud:
        yield cloud
