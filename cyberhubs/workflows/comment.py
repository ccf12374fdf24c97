"""One comment of a pull request, which each run writes anew."""

import re
from collections.abc import Mapping

from cyberhubs.errors import UserError
from cyberhubs.workflows.api import Repository, body, variable
from cyberhubs.workflows.artifact import artifact

FORK = (
    "_Told by the code of a fork, which may have been changed to say this: read its diff as well._"
)


def comment(repository: Repository, of: str, environment: Mapping[str, str]) -> str:
    """Says at the pull request what the run RUN_ID has uploaded as `of`; what was done.

    The pull request is the one that the upload names, if it is at the commit HEAD_SHA of HEAD_REPOSITORY, which GitHub
    says of the run: a stranger's run speaks at its own alone. Raises UserError.
    """
    files = artifact(repository, variable(environment, "RUN_ID"), of)
    if files is None:
        return f"The run has no artifact {of}: there is nothing to say."
    number = files.pop("number", "").strip()
    if not re.fullmatch(r"[1-9][0-9]{0,9}", number):
        raise UserError("The artifact names no pull request: nothing was said.")
    head = repository.call("GET", f"pulls/{number}")["head"]
    there = (head["sha"], (head["repo"] or {}).get("full_name"))  # null: its fork is deleted
    commit, source = variable(environment, "HEAD_SHA"), variable(environment, "HEAD_REPOSITORY")
    if there != (commit, source):
        raise UserError(
            f"Pull request {number} is not at the commit of this run, or not of its repository: nothing was said. "
            "If it has moved on, its newer run says it."
        )
    mark = f"<!-- cyberhubs {of} -->"
    said = [re.sub(r"\A<!--.*?-->", "", text).strip() for text in files.values()]
    content = {
        "body": body(mark, "\n\n".join([*([] if source == repository.name else [FORK]), *said]))
    }
    comments = f"issues/{number}/comments"
    mine = (one["id"] for one in repository.pages(comments) if repository.own(one, mark))
    if (known := next(mine, None)) is not None:
        repository.call("PATCH", f"issues/comments/{known}", content)
        return f"Updated the comment at pull request {number}."
    repository.call("POST", comments, content)
    return f"Commented at pull request {number}."
