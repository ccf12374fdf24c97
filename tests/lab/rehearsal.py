"""`python -m tests.lab.rehearsal`: from an empty cloud to a notebook that outlives its machine, where
that machine is a guest of a hypervisor. Writes what it measured into docs/explanation/rehearsal.md."""

import datetime
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support import browser, run
from tests.support.browser import chromium, open_notebook, output, run_cell
from tests.support.deployment import PROJECT, changes
from tests.support.lab.cloud import LabCloud, lab_cloud
from tests.support.lab.coming_up import absence, first_up
from tests.support.lab.deployment import CloudDeployment

DOCS = PROJECT / "docs/explanation"
REPORT = DOCS / "rehearsal.md"
LAST = "## The last run"
SIZE_GB, GROWN_GB = 14, 16
HOME = "512M"
PLOT = """\
import matplotlib.pyplot as plt, numpy as np
x = np.linspace(-6, 6, 400)
plt.figure(figsize=(7, 3)).gca().plot(x, np.sinc(x));"""
TOO_MUCH = "!head -c 1G /dev/zero >too-much; df -h ~; rm too-much"
ANSWER_MS = 600_000  # for what a browser waits for


class Rehearsal:
    """`figures`: what was done → what was measured, in this order."""

    def __init__(self, directory: Path, cloud: LabCloud):
        self.figures: dict[str, str] = {}
        self.stack = CloudDeployment(directory, "rehearsal", cloud)
        self.stack.say(data={"sizeGb": SIZE_GB, "filesystem": "ext4"})
        self.stack.edit(lambda config: config["cyberhubs:hubs"]["core"]["limits"].update(disk=HOME))
        self._cookies = directory / "cookies.json"

    def note(self, what: str, figure: str) -> None:
        self.figures[what] = figure
        print(f"=== {what}: {figure}", file=sys.stderr, flush=True)

    def comes_up(self) -> None:
        """From nothing to a notebook with a plot."""
        began = time.monotonic()
        up = first_up(self.stack)
        self.note("`make up` from nothing, until a script runs there by ssh", minutes(up.ssh))
        self.note("the same until it ends, with the images built there", minutes(up.ready))
        with self.browser() as page:
            open_notebook(page, self.stack.front, "Test hub", "ada", self.stack.password)
            self.note("the same until JupyterLab waits in a browser", since(began))
            run_cell(page, PLOT, 0)
            expect(page.locator(".jp-OutputArea-output img")).to_be_visible()
            run_cell(page, "print('orbit', 6 * 7)", 1)
            expect(output(page, 1)).to_contain_text("orbit 42")
            run_cell(page, TOO_MUCH, 2)
            expect(output(page, 2)).to_contain_text("Disk quota exceeded")
            expect(output(page, 2)).to_contain_text(HOME)
            self.note(f"a home with `limits.disk: {HOME}`, written full", "Disk quota exceeded")
            page.keyboard.press("Control+s")
            page.get_by_role("button", name="Rename and Save").click()
            expect(page.get_by_text("Saving completed")).to_be_visible()
            page.screenshot(path=DOCS / "rehearsal-before.png")
            page.context.storage_state(path=self._cookies)

    def changes_nothing(self) -> None:
        printed, seconds = self.up()
        assert set(changes(printed)) == {"unchanged"}
        self.note("`make up` with nothing to change", seconds)

    def grows(self) -> None:
        room = self.gigabytes()
        self.stack.say(data={"sizeGb": GROWN_GB, "filesystem": "ext4"})
        _, seconds = self.up()
        more = self.gigabytes() - room
        assert more > GROWN_GB - SIZE_GB - 0.5, more
        self.note(f"the volume and its ext4 grown in place, {more:.1f} GB more", seconds)

    def is_replaced(self) -> None:
        before = self.stack.made()
        self.stack.say(image={"name": "debian-12-newer"})
        with absence(self.stack) as away:
            _, seconds = self.up()
        after = self.stack.made()
        assert after.pop("server") != before.pop("server")
        assert after == before
        self.note("`make up` with another image: the machine is replaced", seconds)
        self.note("of which the hub did not answer", minutes(away.seconds))
        with self.browser() as page:
            page.goto(f"{self.stack.url}hub/spawn?next=/core/user/ada/lab/tree/Untitled.ipynb")
            expect(output(page, 1)).to_contain_text("orbit 42")
            expect(page.locator(".jp-OutputArea-output img")).to_be_visible()
            page.screenshot(path=DOCS / "rehearsal-after.png")
            self.note("the same notebook, without a new login", "is there")

    def goes_down(self) -> None:
        self.stack.ops("down")
        assert set(self.stack.made()) == {"volume", "address"}
        self.note("`make down`", "leaves volume and address")

    @contextmanager
    def browser(self) -> Iterator[Page]:
        """By a tunnel through the floating IP address, with the cookies of the time before."""
        kept = self._cookies if self._cookies.exists() else None
        with self.stack.tunnel(), chromium() as browser:
            context = browser.new_context(
                viewport={"width": 1280, "height": 800}, storage_state=kept
            )
            context.set_default_timeout(ANSWER_MS)
            yield context.new_page()

    def up(self) -> tuple[str, str]:
        """What it prints, and how long it takes."""
        began = time.monotonic()
        return "".join(self.stack.lines("up")), since(began)

    def on_machine(self, command: str) -> str:
        return subprocess.run(
            [*self.stack.plain_ssh(), command], stdout=subprocess.PIPE, text=True, check=True
        ).stdout

    def gigabytes(self) -> float:
        """All that the data's file system holds."""
        return float(self.on_machine("df --output=size -B 1 /mnt").split()[-1]) / 2**30


PARTS = (
    Rehearsal.comes_up,
    Rehearsal.changes_nothing,
    Rehearsal.grows,
    Rehearsal.is_replaced,
    Rehearsal.goes_down,
)


def minutes(seconds: float) -> str:
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s" if seconds >= 60 else f"{seconds:.0f} s"


def since(began: float) -> str:
    return minutes(time.monotonic() - began)


def write(figures: dict[str, str]) -> None:
    prose, _, _ = REPORT.read_text().partition(LAST)
    rows = "".join(f"| {what} | {figure} |\n" for what, figure in figures.items())
    today = datetime.date.today().isoformat()
    REPORT.write_text(f"{prose}{LAST}\n\nOn {today}:\n\n| | |\n|---|---|\n{rows}")


def main() -> None:
    browser.LIMIT_MS = ANSWER_MS
    expect.set_options(timeout=ANSWER_MS)
    with tempfile.TemporaryDirectory(prefix="cyberhubs-rehearsal-") as directory:
        began = time.monotonic()
        with lab_cloud(Path(directory), "guests", guests=True) as cloud:
            rehearsal = Rehearsal(Path(directory) / "stack", cloud)
            rehearsal.note("the cloud, without any machine in it", since(began))
            try:
                for part in PARTS:
                    part(rehearsal)
            finally:
                rehearsal.stack.clean()
        write(rehearsal.figures | {"all of it": since(began)})


if __name__ == "__main__":
    with run.running():
        main()
    run.forget()
