"""Installs an application's lists of packages in the image that is being built: `install-lists.py APPLICATION`.

They are in LISTS/APPLICATION: `requirements.in`, which says what is wanted of Python's packages; `requirements.txt`, the lock of that;
`apt.txt`, of Debian's. The packages that the image has had before its first list keep their versions.

A list that is alone is installed as it is locked. What has no lock, or shares the image with lists of others, is solved together with
them, in the versions of the locks where these go together. If nothing does, uv says why.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path("/usr/local/share/cyberhubs")
LISTS = HERE / "lists"
BASE = HERE / "base.txt"  # the packages before the first list
SOLVED = HERE / "solved.txt"
WORK = Path("/tmp/install-lists")
PROJECT = """\
[project]
name = {name}
version = "0"
dependencies = {dependencies}
"""


def lines(file: Path) -> list[str]:
    """Of a list that may not be there, without comments."""
    text = file.read_text() if file.is_file() else ""
    without = (re.sub(r"(^|\s)#.*", "", line).strip() for line in text.split("\n"))
    return [line for line in without if line]


def uv(*arguments: str) -> str:
    """What it prints, of the system's Python."""
    environment = {
        **os.environ,
        "UV_PYTHON": "/usr/bin/python3",
        "UV_SYSTEM_PYTHON": "1",
        "UV_BREAK_SYSTEM_PACKAGES": "1",
        "UV_CACHE_DIR": str(WORK / "cache"),
        "UV_NO_PROGRESS": "1",
        "TMPDIR": str(WORK),
    }
    command = [str(WORK / "bin/uv"), *arguments]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.returncode)  # it has said why
    return done.stdout


def solve(folders: list[Path]) -> None:
    """Each application is a project to uv, so that it names which do not go together."""
    projects = []
    for folder in folders:
        project = WORK / folder.name
        project.mkdir()
        text = PROJECT.format(
            name=json.dumps(f"application-{folder.name}"),
            dependencies=json.dumps(lines(folder / "requirements.in")),
        )
        (project / "pyproject.toml").write_text(text)
        projects.append(project)
    locks = [folder / "requirements.txt" for folder in folders]
    SOLVED.write_text("".join(lock.read_text() for lock in locks if lock.is_file()))
    wanted = WORK / "wanted.in"
    wanted.write_text("".join(f"application-{one.name} @ {one.as_uri()}\n" for one in projects))
    left_out = [f"--no-emit-package=application-{one.name}" for one in projects]
    options = ["--generate-hashes", "--no-annotate", "--no-header", "--quiet", *left_out]
    uv("pip", "compile", str(wanted), "-c", str(BASE), "-o", str(SOLVED), *options)


def main(application: str) -> None:
    subprocess.run([sys.executable, "-m", "venv", WORK], check=True)
    pip = [WORK / "bin/pip", "install", "--quiet", "--no-cache-dir", "--require-hashes"]
    subprocess.run([*pip, "-r", HERE / "requirements.txt"], check=True)
    if not BASE.exists():
        BASE.write_text(uv("pip", "freeze"))
    if packages := lines(LISTS / application / "apt.txt"):
        subprocess.run(["sh", "/usr/local/sbin/install-packages", *packages], check=True)
    folders = sorted(LISTS.iterdir())
    lock = folders[0] / "requirements.txt"
    if len(folders) == 1 and lock.is_file():
        shutil.copy(lock, SOLVED)
    else:
        solve(folders)
    files = ["-r", str(SOLVED), "-c", str(BASE), "-b", str(SOLVED)]
    uv("pip", "install", "--require-hashes", "--compile-bytecode", *files)
    shutil.rmtree(WORK)


if __name__ == "__main__":
    main(sys.argv[1])
