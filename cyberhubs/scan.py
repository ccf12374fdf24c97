"""`python -m cyberhubs.scan`: secrets in plain text, in the stack files as they are and in all that was ever committed.

By Gitleaks, with the rules of .gitleaks.toml; nothing is asked over the network, and no secret is printed. Exit status 1
if there are any, 2 where not all could be looked at.
"""

import json
import shutil
import subprocess
import sys
from typing import Any

from cyberhubs import paths
from cyberhubs.errors import NotLookedError, UserError

NEXT = """
What to do, in this order:
1. Rotate it: who could read the repository may have it, which its removal would not change. `make rotate STACK=NAME`
   names the secrets of a stack, with what members notice of each. Revoke a token of another service there.
2. Give the new one encrypted: by `make register` for an OAuth app; for what else is secret in a stack file,
   eval "$(make -s env)" && pulumi config set --secret --path 'cyberhubs:…' -s NAME
3. Only then, if it was committed: leave it, as it opens nothing any more, and put its fingerprint into .gitleaksignore,
   as for what is no secret at all. Or take it out of the history (git filter-repo), which everybody clones anew then."""


def main() -> int:
    try:
        found = [*_found("dir", str(paths.STACKS)), *_in_history()]
    except UserError as error:
        print(error, file=sys.stderr)
        return error.status
    for one in found:
        print(_line(one))
    if found:
        print(NEXT)
        return 1
    print("No secret is in plain text, neither in the stack files nor in the history.")
    return 0


def _in_history() -> list[dict[str, Any]]:
    shallow = _run("git", "rev-parse", "--is-shallow-repository").stdout.strip()
    if shallow != "false":
        why = "has the newest commits alone: git fetch --unshallow" if shallow else "is no clone"
        raise NotLookedError(
            f"The history could not be looked at, as this checkout {why} (in a workflow: fetch-depth: 0)."
        )
    return _found("git", str(paths.CHECKOUT))


def _found(*what: str) -> list[dict[str, Any]]:
    own = paths.tools() / "gitleaks"
    gitleaks = str(own) if own.exists() else shutil.which("gitleaks")
    if gitleaks is None:
        raise NotLookedError("There is no gitleaks: python3 -m install gitleaks.")
    done = _run(
        *(gitleaks, *what, f"--config={paths.CHECKOUT / '.gitleaks.toml'}", "--exit-code=0"),
        *("--redact", "--no-banner", "--log-level=error"),
        *("--report-format=json", "--report-path=-"),
    )
    if done.returncode:
        raise NotLookedError(f"Gitleaks could not look: {done.stderr.strip()}")
    return json.loads(done.stdout or "[]")


def _line(found: dict[str, Any]) -> str:
    where = f"{found['File'].removeprefix(f'{paths.CHECKOUT}/')}, line {found['StartLine']}"
    if found["Commit"]:
        where = f"commit {found['Commit'][:12]} ({found['Date'][:10]}, {found['Author']}), {where}"
    return f"{where}: {found['Description'].rstrip('.')}\n  fingerprint {found['Fingerprint']}"


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=paths.CHECKOUT, capture_output=True, text=True)


if __name__ == "__main__":
    sys.exit(main())
