"""What a branch changes for people: how long a pull request waits for it."""

from pathlib import Path

from benchmarks.report import show, timed
from tests.support.branch import Branch

RUNS = 5
MANY = 5000


def measure_changes(directory: Path) -> None:
    branch = Branch(directory / "project")
    names = branch.directory / "stacks/names.txt"
    for count in (RUNS, MANY):
        names.write_text("".join(f"member-{number}\n" for number in range(count)))
        branch.file.write_text(
            branch.file.read_text().replace('["grace", "katherine"]', "{file: names.txt}")
        )
        branch.git("add", "stacks")
        branch.git("commit", "--quiet", "--message=names")
        branch.git("branch", "--force", "main")
        names.write_text("".join(f"member-{number}\n" for number in range(1, count + 1)))
        show(f"make changes, {count} names", [timed(branch.changes) for _ in range(RUNS)])
        branch.back()
