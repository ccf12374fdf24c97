"""One issue while there is drift: opened, kept current, closed."""

from pathlib import Path

from cyberhubs.workflows.api import Repository, body

MARK = "<!-- cyberhubs drift -->"
TITLE = "What runs is no longer as it was made"
NONE = "All is as it was made"  # how a report of `make drift` begins that has found none


def issue(repository: Repository, folder: Path, stacks: list[str], run: str) -> str:
    """By the reports FOLDER/STACK.md; what was done. `run`: the address of who looked."""
    reports = {stack: _report(folder / f"{stack}.md") for stack in stacks}
    found = {stack: text for stack, text in reports.items() if not text.startswith(NONE)}
    issues = repository.pages("issues?state=open")  # and pull requests, which are some
    mine = (
        one["number"] for one in issues if "pull_request" not in one and repository.own(one, MARK)
    )
    known = next(mine, None)
    if found:
        shown = [f"### {stack}\n\n{text}" for stack, text in found.items()]
        content = {"title": TITLE, "body": body(MARK, "\n\n".join([f"By {run}", *shown]))}
        if known is not None:
            repository.call("PATCH", f"issues/{known}", content)
            return f"Updated issue {known}."
        return f"Opened issue {repository.call('POST', 'issues', content)['number']}."
    if known is None:
        return "There is no drift, and no issue of any."
    repository.call("POST", f"issues/{known}/comments", {"body": f"{NONE} again, says {run}"})
    repository.call("PATCH", f"issues/{known}", {"state": "closed"})
    return f"Closed issue {known}."


def _report(file: Path) -> str:
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        return "It could not be looked at: the run's log says why."
